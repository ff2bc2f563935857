/**
 * A child of the launcher, as the api and the worker are to it. What it does when told is the value of BEHAVIOUR:
 * serve · fail (with a sentence) · crash (at the start) · die (after it was ready) · complain (log an error)
 */
import { exitWithParent } from '../../libs/common/src/child-process.ts';

const work = setInterval(() => undefined, 1000);

const lifeline = exitWithParent(async () => {
  console.log('closing');
  clearInterval(work);
  await new Promise((resolve) => setTimeout(resolve, 50));
  console.log('closed');
});

console.log(`up ${process.pid}`);

switch (process.env.BEHAVIOUR ?? 'serve') {
  case 'fail':
    await lifeline.fail('The port is taken.');
    break;
  case 'crash':
    throw new Error('no luck');
  case 'die':
    lifeline.ready();
    setTimeout(() => process.exit(3), 20);
    break;
  case 'complain':
    console.log(JSON.stringify({ level: 30, msg: 'all is well' }));
    console.log(JSON.stringify({ level: 50, msg: 'no connection', err: { message: 'ECONNREFUSED' } }));
    lifeline.ready();
    break;
  default:
    lifeline.ready({ url: 'http://127.0.0.1:1' });
}

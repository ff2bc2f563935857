import { showTestClock } from '../clock/test-clocks.js';
import { answerList, paging } from './endpoint.js';
import type { Endpoint } from './endpoint.js';
import { missing } from './faults.js';
import { LIST_PARAMETERS } from './parameters.js';

const PATTERN = '/v1/test_helpers/test_clocks';

export const TEST_CLOCK_ENDPOINTS: Endpoint[] = [
  {
    pattern: PATTERN,
    right: 'test_clocks',
    answers: 'test_clock list',
    parameters: LIST_PARAMETERS.filter((name) => name !== 'created'),
    answer: ({ world, parameters }) =>
      answerList(
        world.testClocks.clocks,
        { ...paging(parameters), scope: 'all' },
        { url: PATTERN, noun: 'test_clock', render: (clock) => showTestClock(clock) },
      ),
  },
  {
    pattern: `${PATTERN}/:id`,
    right: 'test_clocks',
    answers: 'test_clock',
    parameters: ['expand'],
    answer: ({ world, id }) => {
      const clock = world.testClocks.show(id);
      if (!clock) throw missing('test clock', id, 'id');
      return clock;
    },
  },
];

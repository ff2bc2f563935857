import { one } from '@app/common';
console.log(one, process.version);

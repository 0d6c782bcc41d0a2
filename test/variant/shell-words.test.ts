import { expect, test } from 'vitest';
import { unquotable } from '../../src/variant/shell-words.ts';

test.each([
  ['/models/a<b', '<'],
  ['/models/a&b', '&'],
  ['/models/a;b', ';'],
  ['/models/a|b', '|'],
  ['/models/a(b', '('],
  ['/models/a$b', '$'],
  ["/models/a'b", "'"],
  ['/models/a"b', '"'],
  ['/models/a`b', '`'],
  ['/models/a\\b', '\\'],
  ['/my models/m', ' '],
  ['/models/{a,b}', '{a,b}'],
  ['/models/#m', '#'],
  ['/models/~m', '~'],
])('%s is not what a shell takes it for', (path, found) => expect(unquotable(path)).toBe(found));

test.each(['/models/m', '/models/a#b', '/~me/a~b', '/models/a*b', '/models/{a}', '/models/llama:7b+x,y@z=1'])(
  '%s is',
  (path) => expect(unquotable(path)).toBeUndefined(),
);

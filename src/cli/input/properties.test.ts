import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { parseProperties } from './properties.ts';

const read = (text: string) => Object.fromEntries(parseProperties(text).map(({ name, value }) => [name, value]));

describe('Java’s properties format', () => {
  it('keys and values, with =, : or a blank between them, and blanks around', () => {
    const text = 'a=1\nb : 2\nc 3\n  d  =  4 \ne\nf=\ng==7\nh=a=b:c d\n';
    assert.deepEqual(read(text), { a: '1', b: '2', c: '3', d: '4 ', e: '', f: '', g: '=7', h: 'a=b:c d' });
  });

  it('comments and blank lines are left out, but not in the middle of a continued line', () => {
    assert.deepEqual(read('# one\n! two\n\n   # three\na=1\n'), { a: '1' });
    assert.deepEqual(read('a=1,\\\n#2\nb=3'), { a: '1,#2', b: '3' });
  });

  it('a backslash at the end continues the line, two of them do not', () => {
    assert.deepEqual(read('a=x,\\\n    y,\\\r\n  z\nb=1'), { a: 'x,y,z', b: '1' });
    assert.deepEqual(read('a=C:\\\\dir\\\\\nb=1'), { a: 'C:\\dir\\', b: '1' });
    assert.deepEqual(read('a=1\\'), { a: '1' });
  });

  it('escapes', () => {
    assert.deepEqual(read('a\\ b\\=c=\\t\\n\\u00e9\\q\\\\'), { 'a b=c': '\t\néq\\' });
    assert.throws(() => parseProperties('a=1\nb=\\u12'), /line 2: \\u12 is no escape/);
  });

  it('every end of line, the last of two values, and the line where each begins', () => {
    assert.deepEqual(parseProperties('a=1\rb=2\r\nc=\\\n3\na=4'), [
      { name: 'b', value: '2', line: 2 },
      { name: 'c', value: '3', line: 3 },
      { name: 'a', value: '4', line: 5 },
    ]);
  });
});

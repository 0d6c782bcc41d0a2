import { expect, test } from 'vitest';
import { anchorOf } from '../../src/report/anchor.ts';

test('usual names are their own anchors; what an id or an address can not hold is written as its code', () => {
  expect(anchorOf('m_config_3')).toBe('m_config_3');
  expect(anchorOf('a b%"#\u202e')).toBe('a~20b~25~22~23~202e');
  expect(anchorOf('a~20b')).not.toBe(anchorOf('a b'));
});

import { existsSync, mkdirSync, statSync, symlinkSync, writeFileSync } from 'node:fs';
import { basename, join } from 'node:path';
import { expect, test } from 'vitest';
import { OWNER, ownerLives, ownerOf } from '../../src/ground/owner.ts';
import { makeScratch, removeAbandoned, removeScratch } from '../../src/ground/scratch.ts';
import { folder } from '../support/experiment.ts';

/** This process, had it been another: of an earlier start under the same number. */
const gone = (): string => ownerOf().replace(/\d+$/, '1');

test('an owner lives, is gone, or can not be known', () => {
  const [boot, space, pid, start] = ownerOf().split('.');
  expect(ownerLives(ownerOf())).toBe(true);
  expect(ownerLives(gone())).toBe(false);
  expect(ownerLives(`${boot}.${space}.999999999.1`)).toBe(false);
  expect(ownerLives(`0123456789ab.${space}.${pid}.${start}`)).toBeUndefined();
  expect(ownerLives(`${boot}.1.${pid}.${start}`)).toBeUndefined();
  expect(ownerLives('')).toBeUndefined();
});

test('a folder for temporary files is private, and says whose it is', () => {
  const told: (string | boolean)[] = [];
  const path = makeScratch('test', (name) => told.push(name, existsSync(name)));
  // Whoever removes it for a tma that is killed knows of it before it is there.
  expect(told).toEqual([path, false]);
  expect(statSync(path).mode & 0o777).toBe(0o700);
  expect(OWNER.exec(basename(path))?.[0]).toBe(ownerOf());
  writeFileSync(join(path, 'file'), '');
  removeScratch(path);
  expect(existsSync(path)).toBe(false);
});

test('only what a tma that is gone left behind is removed', () => {
  const place = folder();
  const names = {
    left: `tma-test-${gone()}-a1b2c3`,
    used: `tma-test-${ownerOf()}-a1b2c3`,
    unknown: 'tma-test-a1b2c3',
    anothers: `other-test-${gone()}-a1b2c3`,
    link: `tma-link-${gone()}-a1b2c3`,
  };
  const target = folder();
  for (const name of [names.left, names.used, names.unknown, names.anothers]) {
    mkdirSync(join(place, name));
    writeFileSync(join(place, name, 'file'), '');
  }
  symlinkSync(target, join(place, names.link));
  removeAbandoned(place, 'tma-');
  const there = Object.entries(names).filter(([, name]) => existsSync(join(place, name)));
  expect(there.map(([what]) => what)).toEqual(['used', 'unknown', 'anothers', 'link']);
  expect(existsSync(target)).toBe(true);
  removeAbandoned(join(place, 'nowhere'), 'tma-');
});

import { execFileSync } from 'node:child_process';
import { existsSync, mkdirSync, mkdtempSync, readFileSync, renameSync, rmSync } from 'node:fs';
import { join, resolve } from 'node:path';

const KEPT = resolve('node_modules/.cache/tma-node');

/** The lowest version of Node that package.json promises tma to run on. */
export function lowestVersion(): string {
  const { engines } = JSON.parse(readFileSync(resolve('package.json'), 'utf8')) as {
    engines: { node: string };
  };
  const version = /^\^(\d+\.\d+\.\d+) /.exec(engines.node)?.[1];
  if (!version) throw new Error(`engines.node of package.json does not begin with ^x.y.z: ${engines.node}`);
  return version;
}

/** The program of that version, from npm's registry or as kept from an earlier time. @throws Error when it can't be fetched. */
export function fetchNode(version: string): string {
  const program = join(KEPT, version, 'bin/node');
  if (existsSync(program)) return program;
  mkdirSync(KEPT, { recursive: true });
  const folder = mkdtempSync(join(KEPT, 'fetch-'));
  try {
    const name = `node-${process.platform}-${process.arch}@${version}`;
    const options = { cwd: folder, encoding: 'utf8', timeout: 120_000 } as const;
    const archive = execFileSync('npm', ['pack', '--silent', name], options).trim();
    execFileSync('tar', ['-xzf', archive, 'package/bin/node'], options);
    rmSync(join(KEPT, version), { recursive: true, force: true });
    renameSync(join(folder, 'package'), join(KEPT, version));
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
  return program;
}

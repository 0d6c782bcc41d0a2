import { existsSync } from 'node:fs';
import { installedChromium } from '../install/cache.ts';
import { findCommand, isExecutable } from '../install/find-command.ts';

const COMMANDS = ['chromium', 'chromium-browser', 'google-chrome-stable', 'google-chrome'];

/** The browser to print with: $PUPPETEER_EXECUTABLE_PATH, puppeteer's own, one on PATH, or the installed one. */
export async function findBrowser(env: NodeJS.ProcessEnv = process.env): Promise<string | undefined> {
  const named = env['PUPPETEER_EXECUTABLE_PATH'];
  if (named) return isExecutable(named) ? named : undefined;
  const own = await puppeteersOwn();
  if (own) return own;
  const found = COMMANDS.map((name) => findCommand(name, env['PATH'])).find((path) => path !== undefined);
  if (found) return found;
  return isExecutable(installedChromium(env)) ? installedChromium(env) : undefined;
}

async function puppeteersOwn(): Promise<string | undefined> {
  try {
    const { default: puppeteer } = await import('puppeteer');
    const path = await puppeteer.executablePath();
    return existsSync(path) ? path : undefined;
  } catch {
    return undefined;
  }
}

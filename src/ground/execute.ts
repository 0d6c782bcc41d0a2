import type { Options, Result } from 'execa';

/**
 * Runs a program to its end and answers what came of it. execa is loaded with the first one, as most of what tma does
 * starts none.
 * @throws ExecaError when it fails, unless `reject` is false.
 */
export async function execute<const Given extends Options = Options>(
  file: string,
  args: readonly string[],
  options?: Given,
): Promise<Result<Given>> {
  const { execa } = await import('execa');
  return (await execa(file, args, options)) as unknown as Result<Given>;
}

/**
 * The proxy that requests to a host go through, by the variables that curl and gRPC's libraries follow (http_proxy,
 * https_proxy, no_proxy); undefined for none. This machine's own addresses never go through one.
 */
export function proxyFor(
  { host, secure }: { readonly host: string; readonly secure: boolean },
  env: NodeJS.ProcessEnv = process.env,
): string | undefined {
  if (/^(localhost|127\.|::1$|0\.0\.0\.0$)/.test(host)) return undefined;
  const proxy = secure ? (env['https_proxy'] ?? env['HTTPS_PROXY']) : env['http_proxy'];
  if (!proxy) return undefined;
  const direct = (env['no_proxy'] ?? env['NO_PROXY'] ?? '').split(',').map((name) => name.trim());
  const isDirect = direct.some(
    (name) =>
      name === '*' || (name !== '' && (host === name || host.endsWith(`.${name.replace(/^\./, '')}`))),
  );
  return isDirect ? undefined : proxy;
}

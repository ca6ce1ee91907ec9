// Calls to AWS stay on this machine. SDKs of today read AWS_ENDPOINT_URL; those before it (the AWS SDK for JavaScript v2), bundled
// or not, and requests by hand end in `https.request` for a host of AWS's, which is sent to the rehearsal.
import http from 'node:http';
import https from 'node:https';
import { syncBuiltinESMExports } from 'node:module';

const AWS_HOST = /(^|\.)amazonaws\.com(\.cn)?$/;
const API_HOST = /^([a-z0-9]+)\.execute-api\.([a-z0-9-]+)\.amazonaws\.com(\.cn)?$/;

const services = process.env.AWS_ENDPOINT_URL;
// Where the rehearsal's APIs are: `id.region=url`, separated by commas.
const apis = new Map((process.env.REHEARSE_APIS ?? '').split(',').filter(Boolean).map((entry) => entry.split('=')));
delete process.env.REHEARSE_APIS;

// Where a call to this host goes, if not there.
function destination(host) {
  const api = API_HOST.exec(host);
  const url = (api && apis.get(`${api[1]}.${api[2]}`)) ?? (AWS_HOST.test(host) ? services : undefined);
  return url && new URL(url);
}

function asOptions(given) {
  const args = [...given];
  let options = {};
  if (typeof args[0] === 'string' || args[0] instanceof URL) {
    const url = new URL(args.shift());
    options = { hostname: url.hostname, path: url.pathname + url.search, port: url.port || undefined };
    if (url.username) options.auth = `${decodeURIComponent(url.username)}:${decodeURIComponent(url.password)}`;
  }
  if (args[0] && typeof args[0] === 'object') Object.assign(options, args.shift());
  return [options, args];
}

const { request } = https;

function redirected(...given) {
  const [options, rest] = asOptions(given);
  const host = options.hostname ?? options.host ?? '';
  const to = destination(String(host).replace(/:\d+$/, ''));
  if (!to) return request.apply(https, given);
  // Those of TLS do not fit.
  const { agent, createConnection, protocol, servername, ...plain } = options;
  const sent = http.request({ ...plain, host: to.hostname, hostname: to.hostname, port: to.port, setHost: false }, ...rest);
  // Who is meant is in the signature and in this header.
  if (!sent.hasHeader('host')) sent.setHeader('Host', host);
  return sent;
}

function get(...given) {
  const sent = redirected(...given);
  sent.end();
  return sent;
}

if (services) {
  https.request = redirected;
  https.get = get;
  syncBuiltinESMExports();
  const { fetch } = globalThis;
  if (fetch) {
    globalThis.fetch = (input, init) => {
      const url = input instanceof Request ? input.url : String(input);
      if (!url.startsWith('https:')) return fetch(input, init);
      const asked = new URL(url);
      const to = destination(asked.hostname);
      if (!to) return fetch(input, init);
      const local = new URL(asked.pathname + asked.search, to);
      const request = input instanceof Request ? new Request(new Request(local, input), init) : new Request(local, init);
      // Fetch sets the host by the URL. Who is meant by a call that is not signed is in this header.
      if (to.origin === new URL(services).origin) request.headers.set('X-Rehearse-Host', asked.hostname);
      return fetch(request);
    };
  }
}

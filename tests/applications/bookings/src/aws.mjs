// Calls to AWS as they were made before the SDK had an endpoint by environment: to the service's own host.
import https from 'node:https';
import { createHash, createHmac } from 'node:crypto';

const hmac = (key, text) => createHmac('sha256', key).update(text).digest();
const sha256 = (text) => createHash('sha256').update(text).digest('hex');

export function call(service, { target, path = '/', type = 'application/x-amz-json-1.0', body }) {
  const { AWS_REGION: region, AWS_ACCESS_KEY_ID: id, AWS_SECRET_ACCESS_KEY: secret, AWS_SESSION_TOKEN: token } = process.env;
  const host = `${service}.${region}.amazonaws.com`;
  const text = JSON.stringify(body);
  const date = new Date().toISOString().replace(/[-:]|\.\d+/g, '');
  const headers = { host, 'content-type': type, 'x-amz-date': date, 'x-amz-security-token': token };
  if (target) headers['x-amz-target'] = target;
  const names = Object.keys(headers).sort();
  const signed = names.join(';');
  const canonical = ['POST', path.replace(/:/g, '%3A'), '', ...names.map((name) => `${name}:${headers[name]}`), '', signed, sha256(text)].join('\n');
  const scope = `${date.slice(0, 8)}/${region}/${service}/aws4_request`;
  const key = scope.split('/').reduce(hmac, `AWS4${secret}`);
  const signature = createHmac('sha256', key).update(`AWS4-HMAC-SHA256\n${date}\n${scope}\n${sha256(canonical)}`).digest('hex');
  headers.authorization = `AWS4-HMAC-SHA256 Credential=${id}/${scope}, SignedHeaders=${signed}, Signature=${signature}`;
  return new Promise((resolve, reject) => {
    const sent = https.request({ host, path, method: 'POST', headers }, (answer) => {
      let got = '';
      answer.on('data', (part) => { got += part; });
      answer.on('end', () => {
        const value = got ? JSON.parse(got) : {};
        if (answer.statusCode >= 300) reject(new Error(`${service}: ${answer.statusCode} ${got}`));
        else resolve({ value, headers: answer.headers });
      });
    });
    sent.on('error', reject).end(text);
  });
}

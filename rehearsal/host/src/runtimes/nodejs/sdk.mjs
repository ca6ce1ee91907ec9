// What Lambda ships and this machine may lack.
const MISSING = /Cannot find (?:module|package) '(@aws-sdk\/[^'/]+|@smithy\/[^'/]+|aws-sdk)/;

export function hintAtMissingSdk(error) {
  const name = MISSING.exec(error?.message)?.[1];
  const runtime = Number(/nodejs(\d+)/.exec(process.env.AWS_EXECUTION_ENV)?.[1]);
  // Since Node.js 18 Lambda ships version 3 alone (Lambda developer guide, "Runtime-included SDK versions").
  const ships = name && (name === 'aws-sdk' ? runtime < 18 : runtime >= 18);
  if (ships) {
    process.stderr.write(`Lambda ships ${name}, and it is not on this machine: npm install --no-save ${name} beside the template\n`);
  }
}

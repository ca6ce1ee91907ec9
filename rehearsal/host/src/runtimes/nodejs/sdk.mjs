// What Lambda ships and this machine may lack.
const MISSING = /Cannot find (?:module|package) '(@aws-sdk\/[^'/]+|@smithy\/[^'/]+|aws-sdk)/;
const PACKAGE = /^(@aws-sdk\/[^/]+|@smithy\/[^/]+|aws-sdk)(?:\/|$)/;

// What to say of a package that Lambda ships with this runtime; nothing of any other.
function hint(name) {
  const runtime = Number(/nodejs(\d+)/.exec(process.env.AWS_EXECUTION_ENV)?.[1]);
  // Since Node.js 18 Lambda ships version 3 alone (Lambda developer guide, "Runtime-included SDK versions").
  const ships = name && (name === 'aws-sdk' ? runtime < 18 : runtime >= 18);
  return ships ? `not on this machine: npm install --no-save ${name} beside the template` : undefined;
}

export function hintAtMissingSdk(error) {
  const name = MISSING.exec(error?.message)?.[1];
  const what = hint(name);
  if (what) process.stderr.write(`Lambda ships ${name}, and it is ${what}\n`);
}

// The same, of what a file loads.
export function hintAt(specifier) {
  return hint(PACKAGE.exec(specifier)?.[1]);
}

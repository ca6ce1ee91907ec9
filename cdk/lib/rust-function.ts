import { closeSync, existsSync, openSync, readSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { Annotations, RemovalPolicy, Stack, aws_lambda as lambda, aws_logs as logs } from 'aws-cdk-lib';
import type { Construct } from 'constructs';

export interface RustFunctionProps extends lambda.FunctionOptions {
  /** Where `cargo lambda build` leaves what it builds: a folder for each binary, with `bootstrap` in it. */
  readonly builds: string;
  /** The binary's name. */
  readonly binary: string;
  readonly logRetention: logs.RetentionDays;
}

/**
 * A function in Rust: one binary, built before synthesis, with a log group of its own.
 *
 * Nothing is built here. So tests, rehearsals and deployments read the same kind of folder by the same lines, and synthesis takes
 * seconds. `RustFunction` of `cargo-lambda-cdk` builds while it synthesises, instead.
 */
export class RustFunction extends lambda.Function {
  readonly logs: logs.LogGroup;

  constructor(scope: Construct, id: string, { builds, binary, logRetention, ...options }: RustFunctionProps) {
    const folder = resolve(builds, binary);
    const logGroup = new logs.LogGroup(scope, `${id}Logs`, {
      logGroupName: `/aws/lambda/${Stack.of(scope).stackName}/${binary}`,
      retention: logRetention,
      removalPolicy: RemovalPolicy.DESTROY,
    });
    super(scope, id, {
      runtime: lambda.Runtime.PROVIDED_AL2023,
      // The custom runtimes' name for the binary: the handler is in it.
      handler: 'bootstrap',
      architecture: architectureOf(scope, join(folder, 'bootstrap')),
      code: lambda.Code.fromAsset(folder),
      memorySize: 256,
      tracing: lambda.Tracing.ACTIVE,
      loggingFormat: lambda.LoggingFormat.JSON,
      logGroup,
      ...options,
    });
    this.logs = logGroup;
  }
}

// The ELF header's e_machine: two bytes at offset 18 (elf.h, EM_X86_64 and EM_AARCH64).
const MACHINES = new Map([[62, lambda.Architecture.X86_64], [183, lambda.Architecture.ARM_64]]);

/** The processor that a binary is built for: what is built says where it runs, and nobody has to say it twice. */
function architectureOf(scope: Construct, bootstrap: string): lambda.Architecture {
  if (!existsSync(bootstrap)) {
    throw new Error(
      `there is no ${bootstrap}. "make cdk-build" builds the functions for Lambda; "make cdk-synth" takes those that "make build" has built`,
    );
  }
  const header = Buffer.alloc(20);
  const file = openSync(bootstrap, 'r');
  readSync(file, header);
  closeSync(file);
  const machine = header.toString('latin1', 0, 4) === '\x7fELF' ? MACHINES.get(header.readUInt16LE(18)) : undefined;
  if (machine === undefined) {
    Annotations.of(scope).addWarningV2('contacts:not-for-lambda', `${bootstrap} does not run on Lambda: it can be rehearsed here, not deployed`);
  }
  return machine ?? lambda.Architecture.X86_64;
}

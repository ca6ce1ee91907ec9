import { CodeDeployClient, PutLifecycleEventHookExecutionStatusCommand } from '@aws-sdk/client-codedeploy';
import { InvokeCommand, LambdaClient } from '@aws-sdk/client-lambda';

const codedeploy = new CodeDeployClient({});
const lambda = new LambdaClient({});

const request = (method) => JSON.stringify({ pathParameters: { page: 'check' }, requestContext: { http: { method } } });

async function answers(method) {
  const { FunctionError, Payload } = await lambda.send(new InvokeCommand({
    FunctionName: process.env.NEW_VERSION, Payload: request(method),
  }));
  console.log(method, Buffer.from(Payload).toString());
  return !FunctionError;
}

export const handler = async ({ DeploymentId, LifecycleEventHookExecutionId }) => {
  const good = await answers('POST') && await answers('GET');
  await codedeploy.send(new PutLifecycleEventHookExecutionStatusCommand({
    deploymentId: DeploymentId,
    lifecycleEventHookExecutionId: LifecycleEventHookExecutionId,
    status: good ? 'Succeeded' : 'Failed',
  }));
};

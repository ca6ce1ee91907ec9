import { CodeDeployClient, PutLifecycleEventHookExecutionStatusCommand } from '@aws-sdk/client-codedeploy';
import { InvokeCommand, LambdaClient } from '@aws-sdk/client-lambda';

const codedeploy = new CodeDeployClient({});
const lambda = new LambdaClient({});

export const handler = async ({ DeploymentId, LifecycleEventHookExecutionId }) => {
  const request = { pathParameters: { id: 'check' }, body: 'checked' };
  const { FunctionError, Payload } = await lambda.send(new InvokeCommand({
    FunctionName: process.env.NEW_VERSION, Payload: JSON.stringify(request),
  }));
  const answer = Buffer.from(Payload).toString();
  console.log(answer);
  await codedeploy.send(new PutLifecycleEventHookExecutionStatusCommand({
    deploymentId: DeploymentId,
    lifecycleEventHookExecutionId: LifecycleEventHookExecutionId,
    status: !FunctionError && JSON.parse(answer).body === 'checked' ? 'Succeeded' : 'Failed',
  }));
};

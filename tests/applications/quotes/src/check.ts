import { CodeDeployClient, PutLifecycleEventHookExecutionStatusCommand } from '@aws-sdk/client-codedeploy';
import { handler as quotes } from './quotes';

interface Event {
  DeploymentId: string;
  LifecycleEventHookExecutionId: string;
}

export const handler = async (event: Event): Promise<void> => {
  const { statusCode } = await quotes({ pathParameters: { symbol: 'AMZN' } });
  await new CodeDeployClient({}).send(new PutLifecycleEventHookExecutionStatusCommand({
    deploymentId: event.DeploymentId,
    lifecycleEventHookExecutionId: event.LifecycleEventHookExecutionId,
    status: statusCode === 200 ? 'Succeeded' : 'Failed',
  }));
};

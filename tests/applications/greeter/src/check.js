const { CodeDeployClient, PutLifecycleEventHookExecutionStatusCommand } = require('@aws-sdk/client-codedeploy');
const { InvokeCommand, LambdaClient } = require('@aws-sdk/client-lambda');

exports.handler = async (event) => {
  const answer = await new LambdaClient({}).send(new InvokeCommand({
    FunctionName: process.env.NEW_VERSION, Payload: JSON.stringify({ pathParameters: { name: 'you' } }),
  }));
  const { greeting } = JSON.parse(Buffer.from(answer.Payload).toString());
  console.log('greeted', greeting);
  await new CodeDeployClient({}).send(new PutLifecycleEventHookExecutionStatusCommand({
    deploymentId: event.DeploymentId,
    lifecycleEventHookExecutionId: event.LifecycleEventHookExecutionId,
    status: greeting === 'Hello, you!' ? 'Succeeded' : 'Failed',
  }));
};

import { call } from './aws.mjs';

// Invokes the new version as the API does, and reports what came of it.
export const handler = async (event) => {
  let status = 'Failed';
  try {
    const request = { pathParameters: { id: 'check' }, requestContext: { http: { method: 'PUT' } } };
    const { value, headers } = await call('lambda', {
      path: `/2015-03-31/functions/${process.env.NEW_VERSION}/invocations`, type: 'application/json', body: request,
    });
    if (!headers['x-amz-function-error'] && value.statusCode === 204) status = 'Succeeded';
  } finally {
    await call('codedeploy', {
      target: 'CodeDeploy_20141006.PutLifecycleEventHookExecutionStatus',
      type: 'application/x-amz-json-1.1',
      body: { deploymentId: event.DeploymentId, lifecycleEventHookExecutionId: event.LifecycleEventHookExecutionId, status },
    });
  }
};

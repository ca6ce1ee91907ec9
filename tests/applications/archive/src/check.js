'use strict';

const AWS = require('aws-sdk');

const codedeploy = new AWS.CodeDeploy({ apiVersion: '2014-10-06' });
const lambda = new AWS.Lambda();

exports.handler = (event, context, callback) => {
  const Payload = JSON.stringify({ pathParameters: { id: 'check' }, body: 'checked' });
  lambda.invoke({ FunctionName: process.env.NEW_VERSION, Payload }, (error, answer) => {
    const good = !error && !answer.FunctionError && JSON.parse(answer.Payload).body === 'checked';
    console.log(error || answer.Payload);
    codedeploy.putLifecycleEventHookExecutionStatus({
      deploymentId: event.DeploymentId,
      lifecycleEventHookExecutionId: event.LifecycleEventHookExecutionId,
      status: good ? 'Succeeded' : 'Failed',
    }, (refused) => callback(refused, 'reported'));
  });
};

import { App, Duration, Tags, aws_apigateway as apigateway, aws_codedeploy as codedeploy, aws_logs as logs } from 'aws-cdk-lib';
import { ContactsStack, type ContactsStackProps } from '../lib/contacts-stack';

// For tests/cdk: the stack with no setting as it is by default, and once more with others of those that are no part of a version.
const app = new App();
const settings: ContactsStackProps = {
  builds: app.node.getContext('builds'),
  deploymentConfig: codedeploy.LambdaDeploymentConfig.LINEAR_10PERCENT_EVERY_1MINUTE,
  runPostTrafficHook: false,
  latencyBudget: Duration.millis(1001),
  concurrentInvocations: 4,
  sampleRequests: 21,
  bake: Duration.seconds(1),
  apiAuthorization: apigateway.AuthorizationType.NONE,
  throttlingRateLimit: 101,
  throttlingBurstLimit: 201,
  reservedConcurrency: 1,
  functionBoundary: 'a-boundary',
  alarmEmail: 'on-call@example.com',
  logRetention: logs.RetentionDays.ONE_DAY,
  accessLogs: true,
  setApiGatewayLoggingRole: true,
};
new ContactsStack(app, 'EverySetting', settings);
const sameVersion = new ContactsStack(app, 'SameVersion', { ...settings, reservedConcurrency: 2, logRetention: logs.RetentionDays.ONE_WEEK });
Tags.of(sameVersion).add('team', 'another');

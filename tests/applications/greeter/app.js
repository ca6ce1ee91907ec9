const cdk = require('aws-cdk-lib');
const { aws_apigatewayv2: api, aws_apigatewayv2_integrations: integrations, aws_cloudwatch: cloudwatch, aws_codedeploy: codedeploy,
  aws_iam: iam, aws_lambda: lambda } = cdk;

// Greets whoever asks, on Node.js.
//
//   npx cdk synth                               writes cdk.out
class Greeter extends cdk.Stack {
  constructor(scope, id, props) {
    super(scope, id, props);
    const node = (id, handler, more) => new lambda.Function(this, id, {
      runtime: lambda.Runtime.NODEJS_22_X, handler, code: lambda.Code.fromAsset('src'), timeout: cdk.Duration.seconds(5), ...more,
    });
    const greeter = node('Greeter', 'greeter.handler', { environment: { GREETING: 'Hello' } });
    const live = new lambda.Alias(this, 'Live', { aliasName: 'live', version: greeter.currentVersion });
    const http = new api.HttpApi(this, 'Http');
    http.addRoutes({
      path: '/{name}', methods: [api.HttpMethod.GET], integration: new integrations.HttpLambdaIntegration('Greet', live),
    });
    const check = node('GreeterCheck', 'check.handler', {
      environment: { NEW_VERSION: greeter.currentVersion.functionArn },
    });
    greeter.currentVersion.grantInvoke(check);
    check.addToRolePolicy(new iam.PolicyStatement({
      actions: ['codedeploy:PutLifecycleEventHookExecutionStatus'], resources: ['*'],
    }));
    new codedeploy.LambdaDeploymentGroup(this, 'Deployment', {
      alias: live, deploymentConfig: codedeploy.LambdaDeploymentConfig.CANARY_10PERCENT_5MINUTES, preHook: check,
      alarms: [new cloudwatch.Alarm(this, 'Errors', {
        metric: live.metricErrors({ period: cdk.Duration.minutes(1) }),
        threshold: 1, evaluationPeriods: 1, treatMissingData: cloudwatch.TreatMissingData.NOT_BREACHING,
      })],
    });
  }
}

const app = new cdk.App({ analyticsReporting: false });
new Greeter(app, 'Greeter');

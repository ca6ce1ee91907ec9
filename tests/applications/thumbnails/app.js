const cdk = require('aws-cdk-lib');
const {
  aws_cloudwatch: cloudwatch, aws_codedeploy: codedeploy, aws_lambda: lambda, aws_lambda_event_sources: sources,
  aws_s3: s3, aws_s3_notifications: notifications, aws_sqs: sqs,
} = cdk;

// Makes thumbnails of what is put into a bucket. A new version gets a fifth more of the messages every two minutes.
//
//   cargo lambda build --release --arm64        builds target/lambda/{thumbnailer,thumbnail-check}/bootstrap
//   npx cdk synth                               writes cdk.out
class Thumbnails extends cdk.Stack {
  constructor(scope, id, props) {
    super(scope, id, props);
    const images = new s3.Bucket(this, 'Images');
    const uploads = new sqs.Queue(this, 'Uploads', { visibilityTimeout: cdk.Duration.minutes(1) });
    images.addEventNotification(s3.EventType.OBJECT_CREATED, new notifications.SqsDestination(uploads), { prefix: 'originals/' });
    const rust = (id, folder, more) => new lambda.Function(this, id, {
      runtime: lambda.Runtime.PROVIDED_AL2023, architecture: lambda.Architecture.ARM_64,
      handler: 'bootstrap', code: lambda.Code.fromAsset(`target/lambda/${folder}`), ...more,
    });
    const thumbnailer = rust('Thumbnailer', 'thumbnailer', {
      timeout: cdk.Duration.seconds(10), memorySize: 512,
      environment: { BUCKET: images.bucketName, SIZES: '64,256' },
    });
    images.grantReadWrite(thumbnailer);
    const live = new lambda.Alias(this, 'Live', { aliasName: 'live', version: thumbnailer.currentVersion });
    live.addEventSource(new sources.SqsEventSource(uploads, { batchSize: 5 }));
    const errors = new cloudwatch.Alarm(this, 'Errors', {
      metric: live.metricErrors({ period: cdk.Duration.minutes(1) }),
      threshold: 2, evaluationPeriods: 1, treatMissingData: cloudwatch.TreatMissingData.NOT_BREACHING,
    });
    const check = rust('ThumbnailCheck', 'thumbnail-check', {
      timeout: cdk.Duration.minutes(1),
      environment: { NEW_VERSION: thumbnailer.currentVersion.functionArn, PROBE: JSON.stringify({ Records: [] }) },
    });
    thumbnailer.currentVersion.grantInvoke(check);
    new codedeploy.LambdaDeploymentGroup(this, 'Deployment', {
      alias: live,
      deploymentConfig: new codedeploy.LambdaDeploymentConfig(this, 'TwentyPercentEveryTwoMinutes', {
        trafficRouting: codedeploy.TrafficRouting.timeBasedLinear({ interval: cdk.Duration.minutes(2), percentage: 20 }),
      }),
      alarms: [errors], preHook: check,
    });
  }
}
const app = new cdk.App();
new Thumbnails(app, 'Thumbnails');

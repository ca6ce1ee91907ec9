import { App, aws_codedeploy as codedeploy, aws_logs as logs, Duration } from 'aws-cdk-lib';
import { ContactsStack } from '../lib/contacts-stack';

const { ALL_AT_ONCE, CANARY_10PERCENT_5MINUTES, CANARY_10PERCENT_15MINUTES } = codedeploy.LambdaDeploymentConfig;

const app = new App();
const everywhere = {
  // What is deployed, unless told otherwise: `cargo lambda build --release` leaves it there.
  builds: app.node.tryGetContext('builds') ?? '../target/lambda',
  alarmEmail: app.node.tryGetContext('alarmEmail'),
};

// The environments of samconfig.toml, for the reasons that it gives. Under names of their own: deployed over a stack of SAM's, CDK would
// replace every one of its resources.
new ContactsStack(app, 'ContactsDev', {
  ...everywhere,
  deploymentConfig: ALL_AT_ONCE,
  logRetention: logs.RetentionDays.ONE_WEEK,
  tags: { service: 'contacts', environment: 'dev' },
});
new ContactsStack(app, 'ContactsStaging', {
  ...everywhere,
  deploymentConfig: CANARY_10PERCENT_5MINUTES,
  logRetention: logs.RetentionDays.TWO_WEEKS,
  tags: { service: 'contacts', environment: 'staging' },
});
new ContactsStack(app, 'ContactsProd', {
  ...everywhere,
  deploymentConfig: CANARY_10PERCENT_15MINUTES,
  bake: Duration.minutes(2),
  logRetention: logs.RetentionDays.THREE_MONTHS,
  tags: { service: 'contacts', environment: 'prod' },
});

import {
  Aws, CfnOutput, Duration, RemovalPolicy, Stack, type StackProps, aws_apigateway as apigateway, aws_codedeploy as codedeploy,
  aws_dynamodb as dynamodb, aws_iam as iam, aws_lambda as lambda, aws_logs as logs, aws_sns as sns, aws_sns_subscriptions as subscriptions,
  aws_ssm as ssm,
} from 'aws-cdk-lib';
import type { Construct } from 'constructs';
import { Alarms } from './alarms';
import { ContactsApi } from './contacts-api';
import { ContactsDashboard } from './dashboard';
import { RustFunction } from './rust-function';
import { TestedDeployment } from './tested-deployment';

/** What template.yaml has as parameters. Here they are decided when the application is synthesised. */
export interface ContactsStackProps extends StackProps {
  /** Where the functions are built: a folder for each binary, with `bootstrap` in it. */
  readonly builds: string;
  /**
   * How CodeDeploy moves the traffic to a new version.
   * @default - ten in a hundred requests for five minutes, then all
   */
  readonly deploymentConfig?: codedeploy.ILambdaDeploymentConfig;
  /**
   * False in the update that first brings the PostTraffic hook to an existing stack: docs/adoption.md.
   * @default true
   */
  readonly runPostTrafficHook?: boolean;
  /**
   * The most that the median answer of a warm new version may take.
   * @default Duration.seconds(1)
   */
  readonly latencyBudget?: Duration;
  /**
   * How many invocations the PreTraffic hook makes at once.
   * @default 3
   */
  readonly concurrentInvocations?: number;
  /**
   * How many requests the PostTraffic hook sends to see that the new version answers every one.
   * @default 20
   */
  readonly sampleRequests?: number;
  /**
   * How long the PostTraffic hook goes on watching: up to 780 seconds, for which its time-out leaves room.
   * @default - not at all
   */
  readonly bake?: Duration;
  /**
   * Signed requests only, or everyone's.
   * @default AuthorizationType.IAM
   */
  readonly apiAuthorization?: apigateway.AuthorizationType.IAM | apigateway.AuthorizationType.NONE;
  /**
   * How many requests a second each route takes in the long run.
   * @default 100
   */
  readonly throttlingRateLimit?: number;
  /**
   * How many requests each route takes at once.
   * @default 200
   */
  readonly throttlingBurstLimit?: number;
  /**
   * Concurrency set aside for the API, which is also its limit.
   * @default - none
   */
  readonly reservedConcurrency?: number;
  /**
   * The name of a managed policy of the account, the most that the functions' roles may do. Not `permissionsBoundary`, which is for every
   * role of a stack: API Gateway refuses a logging role that may do less than its managed policy.
   * @default - none
   */
  readonly functionBoundary?: string;
  /**
   * Where alarms are mailed, and how deployments ended.
   * @default - nowhere
   */
  readonly alarmEmail?: string;
  /** @default RetentionDays.ONE_MONTH */
  readonly logRetention?: logs.RetentionDays;
  /**
   * Logs each request. API Gateway refuses it without a logging role in this Region: `setApiGatewayLoggingRole`, in one stack of it.
   * @default false
   */
  readonly accessLogs?: boolean;
  /**
   * Sets API Gateway's logging role for the whole account and Region.
   * @default false
   */
  readonly setApiGatewayLoggingRole?: boolean;
}

const ALIAS = 'live';
const STAGE = 'live';

/** What the function does with its table: its rights, and what the table's alarms and graphs watch. */
const OPERATIONS = ['GetItem', 'PutItem', 'UpdateItem', 'DeleteItem', 'Scan'];

/** The contacts API, whose deployments test themselves. */
export class ContactsStack extends Stack {
  constructor(scope: Construct, id: string, props: ContactsStackProps) {
    super(scope, id, { description: 'A contacts API whose deployments test themselves', ...props });
    const { builds, logRetention = logs.RetentionDays.ONE_MONTH, latencyBudget = Duration.seconds(1) } = props;
    const { apiAuthorization = apigateway.AuthorizationType.IAM } = props;

    const table = new dynamodb.Table(this, 'ContactsTable', {
      partitionKey: { name: 'id', type: dynamodb.AttributeType.STRING },
      billingMode: dynamodb.BillingMode.PAY_PER_REQUEST,
      timeToLiveAttribute: 'expiresAt',
      pointInTimeRecoverySpecification: { pointInTimeRecoveryEnabled: true },
      encryption: dynamodb.TableEncryption.AWS_MANAGED,
      // People's contacts outlive the stack.
      removalPolicy: RemovalPolicy.RETAIN,
    });

    const contacts = new RustFunction(this, 'Contacts', {
      builds, logRetention,
      binary: 'contacts-api',
      description: 'The contacts API',
      timeout: Duration.seconds(10),
      environment: { TABLE_NAME: table.tableName },
      reservedConcurrentExecutions: props.reservedConcurrency,
      currentVersionOptions: {
        // CDK deletes older versions unless told, and with them the way back by hand. Retained, but not by a rollback: Lambda would refuse
        // to publish the code of a version that failed a second time. The template has RetainExceptOnCreate for it.
        removalPolicy: RemovalPolicy.RETAIN_ON_UPDATE_OR_DELETE,
      },
    });
    table.grant(contacts, ...OPERATIONS.map((operation) => `dynamodb:${operation}`));
    // A new version whenever code or configuration change. What is no part of a version, its tags or its reserved concurrency, publishes none.
    const version = contacts.currentVersion;
    const alias = new lambda.Alias(this, 'Live', { aliasName: ALIAS, version });

    const apiUrlParameter = `/contacts/${this.stackName}/api-url`;
    const preHook = new RustFunction(this, 'PreTrafficHook', {
      builds, logRetention,
      binary: 'pre-traffic-hook',
      description: 'Integration-tests a new version of the contacts API before it gets traffic',
      timeout: Duration.minutes(2),
      environment: {
        NEW_VERSION_ARN: version.functionArn,
        // Spelt out: a reference to the alias is a circle, for the alias waits for this hook.
        LIVE_ALIAS_ARN: `${contacts.functionArn}:${ALIAS}`,
        LATENCY_BUDGET_MS: `${latencyBudget.toMilliseconds()}`,
        CONCURRENT_INVOCATIONS: `${props.concurrentInvocations ?? 3}`,
      },
    });
    // Every version and alias. version.grantInvoke() would change the policy seconds before the hook runs, sooner than IAM promises to know.
    preHook.addToRolePolicy(new iam.PolicyStatement({ actions: ['lambda:InvokeFunction'], resources: [`${contacts.functionArn}:*`] }));

    const postHook = new RustFunction(this, 'PostTrafficHook', {
      builds, logRetention,
      binary: 'post-traffic-hook',
      description: 'Tests a new version of the contacts API end to end, once it has all the traffic',
      timeout: Duration.minutes(15),
      environment: {
        NEW_VERSION_ARN: version.functionArn,
        // The parameter's name, spelt out: api.url, and a reference to the parameter too, would be a circle.
        API_URL_PARAMETER: apiUrlParameter,
        API_AUTHORIZATION: apiAuthorization === apigateway.AuthorizationType.IAM ? 'AWS_IAM' : 'NONE',
        SAMPLE_REQUESTS: `${props.sampleRequests ?? 20}`,
        BAKE_SECONDS: `${(props.bake ?? Duration.seconds(0)).toSeconds()}`,
        LATENCY_BUDGET_MS: `${latencyBudget.toMilliseconds()}`,
      },
    });
    // By name again. grantRead() of a parameter found by its name would allow four operations, and one is needed.
    postHook.addToRolePolicy(new iam.PolicyStatement({
      actions: ['ssm:GetParameter'],
      resources: [this.formatArn({ service: 'ssm', resource: `parameter${apiUrlParameter}` })],
    }));

    const guard = new RustFunction(this, 'HookGuard', {
      builds, logRetention,
      binary: 'hook-guard',
      description: 'Answers CodeDeploy for a hook that could not',
      timeout: Duration.minutes(1),
    });

    if (props.functionBoundary !== undefined) {
      const boundary = iam.ManagedPolicy.fromManagedPolicyName(this, 'FunctionBoundary', props.functionBoundary);
      for (const each of [contacts, preHook, postHook, guard]) iam.PermissionsBoundary.of(each).apply(boundary);
    }

    const topic = props.alarmEmail === undefined ? undefined : new sns.Topic(this, 'AlarmTopic');
    topic?.addSubscription(new subscriptions.EmailSubscription(props.alarmEmail!));
    const ofApi = { ApiName: this.stackName, Stage: STAGE };
    const alarms = new Alarms(this, 'Alarms', { alias, api: ofApi, table, operations: OPERATIONS, latencyBudget, topic });
    const deployment = new TestedDeployment(this, 'Deployment', {
      alias, preHook, postHook, guard, topic,
      deploymentConfig: props.deploymentConfig ?? codedeploy.LambdaDeploymentConfig.CANARY_10PERCENT_5MINUTES,
      alarms: alarms.stopping,
      runPostHook: props.runPostTrafficHook ?? true,
    });

    // From here on nothing is ready before the deployment is over: the API refers to the alias, whose update is the whole deployment.
    const api = new ContactsApi(this, 'ContactsApi', {
      alias,
      authorization: apiAuthorization,
      stageName: STAGE,
      rateLimit: props.throttlingRateLimit ?? 100,
      burstLimit: props.throttlingBurstLimit ?? 200,
      accessLogs: props.accessLogs ? logRetention : undefined,
      setLoggingRole: props.setApiGatewayLoggingRole ?? false,
    });
    const apiUrl = new ssm.StringParameter(this, 'ApiUrl', {
      parameterName: apiUrlParameter,
      description: 'Where the contacts API is. The PostTraffic hook reads it.',
      stringValue: `https://${api.restApiId}.execute-api.${Aws.REGION}.${Aws.URL_SUFFIX}/${STAGE}`,
    });
    // A policy of its own. Among those that the hook waits for it would close the circle: the API waits for the alias, and that for the hook.
    new iam.Policy(this, 'PostTrafficHookCallsTheApi', {
      roles: [postHook.role!],
      statements: [new iam.PolicyStatement({ actions: ['execute-api:Invoke'], resources: [api.arnForExecuteApi('*', '/*', STAGE)] })],
    });

    const dashboard = new ContactsDashboard(this, 'Dashboard', {
      dashboardName: `${this.stackName}-${Aws.REGION}`,
      alarms, alias, preHook, postHook, guard, api: ofApi, table, operations: OPERATIONS,
    });

    // By the names that template.yaml gives them: `make ping`, `make verdicts` and the others find their way by these.
    const outputs: Record<string, string | undefined> = {
      ApiUrl: apiUrl.stringValue,
      ApiUrlParameter: apiUrl.parameterName,
      ApiAuthorization: apiAuthorization === apigateway.AuthorizationType.IAM ? 'AWS_IAM' : 'NONE',
      Table: table.tableName,
      Function: contacts.functionName,
      Alias: alias.functionArn,
      DeploymentApplication: deployment.group.application.applicationName,
      DeploymentGroup: deployment.group.deploymentGroupName,
      PreTrafficHook: preHook.functionName,
      PostTrafficHook: postHook.functionName,
      HookGuard: guard.functionName,
      FunctionLogs: contacts.logs.logGroupName,
      PreTrafficHookLogs: preHook.logs.logGroupName,
      PostTrafficHookLogs: postHook.logs.logGroupName,
      HookGuardLogs: guard.logs.logGroupName,
      ApiLogs: api.logs?.logGroupName,
      Dashboard: dashboard.dashboardName,
      AlarmTopic: topic?.topicArn,
    };
    for (const [name, value] of Object.entries(outputs)) {
      if (value !== undefined) new CfnOutput(this, `${name}Output`, { value }).overrideLogicalId(name);
    }
  }
}

import {
  Duration, aws_cloudwatch as cloudwatch, aws_cloudwatch_actions as actions, aws_dynamodb as dynamodb, aws_lambda as lambda, aws_sns as sns,
} from 'aws-cdk-lib';
import { Construct } from 'constructs';

export interface AlarmsProps {
  readonly alias: lambda.Alias;
  readonly api: { readonly ApiName: string; readonly Stage: string };
  readonly table: dynamodb.ITable;
  /** The operations on the table that the function may call. */
  readonly operations: string[];
  readonly latencyBudget: Duration;
  /** Who is told that an alarm fired, and that it is over. */
  readonly topic: sns.ITopic | undefined;
}

/** The stack's alarms. template.yaml says of each why it is as it is. */
export class Alarms extends Construct {
  readonly aliasErrors: cloudwatch.Alarm;
  readonly versionErrors: cloudwatch.Alarm;
  readonly apiServerErrors: cloudwatch.Alarm;
  /** These stop a deployment. */
  readonly stopping: cloudwatch.Alarm[];
  /** These only notify. */
  readonly notifying: cloudwatch.Alarm[];

  constructor(scope: Construct, id: string, { alias, api, table, operations, latencyBudget, topic }: AlarmsProps) {
    super(scope, id);
    const { GREATER_THAN_OR_EQUAL_TO_THRESHOLD, GREATER_THAN_THRESHOLD } = cloudwatch.ComparisonOperator;

    const alarm = (name: string, metric: cloudwatch.IMetric, settings: Omit<cloudwatch.AlarmProps, 'metric'>) => {
      const made = new cloudwatch.Alarm(this, name, {
        metric,
        comparisonOperator: GREATER_THAN_OR_EQUAL_TO_THRESHOLD,
        // Without traffic there are no data points: a quiet night is no failure, and no deployment waits for its end.
        treatMissingData: cloudwatch.TreatMissingData.NOT_BREACHING,
        ...settings,
      });
      if (topic !== undefined) {
        made.addAlarmAction(new actions.SnsAction(topic));
        made.addOkAction(new actions.SnsAction(topic));
      }
      return made;
    };

    // Periods of a minute, said each time: CDK's own of five minutes would let a canary of five pass before it has two of them.
    const minute = Duration.minutes(1);

    const both = alias.metricErrors({ period: minute, statistic: cloudwatch.Stats.AVERAGE });
    // What is being deployed, and it alone, as Lambda counts it: Version.metricErrors() has dimensions under which Lambda emits nothing.
    const version = alias.metricErrors({
      period: minute,
      statistic: cloudwatch.Stats.SUM,
      dimensionsMap: { ...both.dimensions, ExecutedVersion: alias.version.version },
    });
    // By name: a reference to the API is a circle, for the API waits for the deployment, and the deployment for its alarms.
    const ofApi = (metricName: string, statistic: string, period: Duration) =>
      new cloudwatch.Metric({ namespace: 'AWS/ApiGateway', metricName, dimensionsMap: api, statistic, period });
    // DynamoDB counts by operation, and says nothing where nothing is wrong. FILL says 0 then: an alarm on a table keeps its state without data.
    const ofTable = (metricName: string) => new cloudwatch.MathExpression({
      expression: 'SUM(FILL(METRICS(), 0))',
      label: `${metricName}, all operations`,
      period: minute,
      usingMetrics: Object.fromEntries(operations.map((operation) => [
        operation.charAt(0).toLowerCase() + operation.slice(1),
        table.metric(metricName, {
          dimensionsMap: { TableName: table.tableName, Operation: operation }, statistic: cloudwatch.Stats.SUM, period: minute,
        }),
      ])),
    });

    this.aliasErrors = alarm('AliasErrors', both, {
      alarmDescription: 'One invocation in twenty of the contacts API fails, whichever version serves it.',
      evaluationPeriods: 3, datapointsToAlarm: 2, threshold: 0.05,
    });
    this.versionErrors = alarm('VersionErrors', version, {
      alarmDescription: 'The newest version fails. If it is being deployed, it is rolled back.',
      evaluationPeriods: 5, datapointsToAlarm: 2, threshold: 1,
    });
    this.apiServerErrors = alarm('ApiServerErrors', ofApi('5XXError', cloudwatch.Stats.AVERAGE, minute), {
      alarmDescription: 'One request in fifty to the contacts API is answered with a 5xx status.',
      evaluationPeriods: 3, datapointsToAlarm: 2, threshold: 0.02,
    });
    this.stopping = [this.aliasErrors, this.versionErrors, this.apiServerErrors];
    this.notifying = [
      alarm('ApiClientErrors', ofApi('4XXError', cloudwatch.Stats.AVERAGE, Duration.minutes(15)), {
        alarmDescription: 'Half of the requests to the contacts API are answered with a 4xx status.',
        evaluationPeriods: 3, datapointsToAlarm: 2, threshold: 0.5,
      }),
      alarm('ApiLatency', ofApi('Latency', cloudwatch.Stats.p(99), Duration.minutes(5)), {
        alarmDescription: 'One request in a hundred to the contacts API takes longer than the latency budget.',
        evaluationPeriods: 3, datapointsToAlarm: 3, threshold: latencyBudget.toMilliseconds(),
        comparisonOperator: GREATER_THAN_THRESHOLD,
        evaluateLowSampleCountPercentile: 'evaluate',
      }),
      alarm('TableSystemErrors', ofTable('SystemErrors'), {
        alarmDescription: 'DynamoDB answers requests to the contacts table with errors of its own.',
        evaluationPeriods: 5, datapointsToAlarm: 2, threshold: 1,
      }),
      alarm('TableThrottles', ofTable('ThrottledRequests'), {
        alarmDescription: 'DynamoDB throttles requests to the contacts table.',
        evaluationPeriods: 5, datapointsToAlarm: 3, threshold: 1,
      }),
    ];
  }
}

import {
  Duration, aws_cloudwatch as cloudwatch, aws_codedeploy as codedeploy, aws_lambda as lambda, aws_lambda_destinations as destinations,
  aws_sns as sns,
} from 'aws-cdk-lib';
import { Construct } from 'constructs';

export interface TestedDeploymentProps {
  /** The alias whose traffic is shifted. */
  readonly alias: lambda.Alias;
  readonly deploymentConfig: codedeploy.ILambdaDeploymentConfig;
  /** Any of them in ALARM stops the deployment and moves the traffic back. One that is there already keeps it from starting. */
  readonly alarms: cloudwatch.IAlarm[];
  readonly preHook: lambda.Function;
  readonly postHook: lambda.Function;
  /** Whether CodeDeploy is told of the PostTraffic hook. */
  readonly runPostHook: boolean;
  /** The function that answers for a hook that cannot. */
  readonly guard: lambda.Function;
  /** Who is told how a deployment ended. */
  readonly topic: sns.ITopic | undefined;
}

/** A deployment group with two hooks, and somebody who answers for them. */
export class TestedDeployment extends Construct {
  readonly group: codedeploy.LambdaDeploymentGroup;

  constructor(scope: Construct, id: string, props: TestedDeploymentProps) {
    super(scope, id);
    const { alias, guard, topic } = props;

    // Hooks need no name with CodeDeployHook_ before it: the construct lets CodeDeploy invoke these two, and lets each of them report.
    this.group = new codedeploy.LambdaDeploymentGroup(this, 'Group', {
      alias,
      deploymentConfig: props.deploymentConfig,
      alarms: props.alarms,
      preHook: props.preHook,
      postHook: props.runPostHook ? props.postHook : undefined,
      // All three, as SAM has them. CDK leaves out the last: then a deployment that is stopped by hand leaves two versions behind the alias.
      autoRollback: { failedDeployment: true, deploymentInAlarm: true, stoppedDeployment: true },
    });
    // Before the traffic shifts: CDK would let CodeDeploy's own rights be made beside the deployment that needs them.
    alias.node.addDependency(this.group.role);

    // CodeDeploy waits an hour for a hook that says nothing. Lambda tries one that died once more, a minute later, and then tells the guard.
    for (const hook of [props.preHook, props.postHook]) {
      const config = new lambda.EventInvokeConfig(hook, 'WhenItDies', {
        function: hook,
        retryAttempts: 1,
        maxEventAge: Duration.minutes(5),
        onFailure: new destinations.LambdaDestination(guard),
      });
      // Before the traffic shifts: a hook that dies in the very update that brings it is to be answered for.
      alias.node.addDependency(config);
    }
    this.group.grantPutLifecycleEventHookExecutionStatus(guard);
    if (!props.runPostHook) {
      // What the construct grants a hook that runs: the update that first runs it finds everything there.
      this.group.grantPutLifecycleEventHookExecutionStatus(props.postHook);
      props.postHook.grantInvoke(this.group.role);
    }

    // The construct knows no triggers. An empty list rather than none: CodeDeploy keeps those that an update leaves out.
    const group = this.group.node.defaultChild as codedeploy.CfnDeploymentGroup;
    group.addPropertyOverride('TriggerConfigurations', topic === undefined ? [] : [{
      TriggerName: 'mail',
      TriggerTargetArn: topic.topicArn,
      TriggerEvents: ['DeploymentSuccess', 'DeploymentFailure', 'DeploymentStop', 'DeploymentRollback'],
    }]);
    // CDK's role for CodeDeploy has AWSCodeDeployRoleForLambdaLimited, which publishes nowhere. SAM's may publish to any topic.
    topic?.grantPublish(this.group.role);
  }
}

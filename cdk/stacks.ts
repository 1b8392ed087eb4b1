import { DefaultStackSynthesizer, type Environment, Stack, type StackProps } from "aws-cdk-lib";
import type { Construct } from "constructs";
import { WindlassApp, type WindlassAppProps } from "./app.ts";
import { WindlassEnvironment, type WindlassEnvironmentProps } from "./environment.ts";
import { appStackId, checkEnvironmentName } from "./names.ts";

/** How an account was bootstrapped, and where the stack goes. */
interface OwnStackProps {
  /**
   * Account and region.
   * @default - those of the credentials at deployment
   */
  readonly env?: Environment;
  /**
   * The qualifier that the account was bootstrapped with. An app and its environment have the same one.
   * @default - that of the CDK's context, or the CDK's own
   */
  readonly qualifier?: string;
}

export interface WindlassEnvironmentStackProps extends OwnStackProps, WindlassEnvironmentProps {}

/** An environment as a stack of its own, `Windlass-<environment>`. */
export class WindlassEnvironmentStack extends Stack {
  readonly resources: WindlassEnvironment;

  /** @throws InvalidError when the environment's name is not valid */
  constructor(scope: Construct, props: WindlassEnvironmentStackProps = {}) {
    const name = checkEnvironmentName(props.environmentName ?? "default");
    super(scope, `Windlass-${name}`, toStackProps(props));
    this.resources = new WindlassEnvironment(this, "Environment", props);
  }
}

export interface WindlassAppStackProps extends OwnStackProps, WindlassAppProps {}

/** An app as a stack of its own, `Windlass-<environment>-<app>`. */
export class WindlassAppStack extends Stack {
  readonly resources: WindlassApp;

  /** @throws InvalidError and NotFoundError as {@link WindlassApp} does */
  constructor(scope: Construct, props: WindlassAppStackProps) {
    const { environment = "default" } = props;
    const name = typeof environment === "string" ? environment : environment.environmentName;
    const id = appStackId(props.name ?? props.app.name, checkEnvironmentName(name));
    super(scope, id, toStackProps(props));
    this.resources = new WindlassApp(this, "App", props);
  }
}

function toStackProps({ env, qualifier }: OwnStackProps): StackProps {
  const synthesizer =
    qualifier === undefined ? {} : { synthesizer: new DefaultStackSynthesizer({ qualifier }) };
  return { ...synthesizer, ...(env && { env }) };
}

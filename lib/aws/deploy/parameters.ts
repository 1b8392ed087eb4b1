import {
  DeleteParametersCommand,
  GetParameterCommand,
  ParameterNotFound,
  PutParameterCommand,
  type SSMClient,
} from "@aws-sdk/client-ssm";
import { onAws } from "../aws-error.ts";

/** The value of a parameter, if there is one. */
export async function readParameter(ssm: SSMClient, Name: string): Promise<string | undefined> {
  return await onAws(`read the parameter ${Name}`, async () => {
    try {
      return (await ssm.send(new GetParameterCommand({ Name }))).Parameter?.Value;
    } catch (error) {
      if (error instanceof ParameterNotFound) return undefined;
      throw error;
    }
  });
}

/** Sets a parameter, whether it is there or not. */
export async function writeParameter(ssm: SSMClient, Name: string, Value: string): Promise<void> {
  await onAws(`write the parameter ${Name}`, () =>
    ssm.send(new PutParameterCommand({ Name, Value, Type: "String", Overwrite: true })),
  );
}

/** Deletes a parameter, if it is there. */
export async function deleteParameter(ssm: SSMClient, Name: string): Promise<void> {
  await onAws(`delete the parameter ${Name}`, () =>
    ssm.send(new DeleteParametersCommand({ Names: [Name] })),
  );
}

import {
  DeleteFileSystemCommand,
  DescribeFileSystemsCommand,
  EFSClient,
  FileSystemNotFound,
} from "@aws-sdk/client-efs";
import { onAws } from "../aws-error.ts";
import { CLIENT_CONFIG } from "../client-config.ts";
import { type StoredData, toStored } from "./stored-data.ts";

/** What is in the file system of an environment, which stays even when it is empty. */
export async function measureFileSystem(id: string): Promise<readonly StoredData[]> {
  const bytes = await onAws(`look at file system "${id}"`, async () => {
    const { FileSystems = [] } = await new EFSClient(CLIENT_CONFIG).send(
      new DescribeFileSystemsCommand({ FileSystemId: id }),
    );
    return FileSystems[0]?.SizeInBytes?.Value ?? 0;
  });
  return [toStored("files", id, bytes)];
}

/** Deletes it with all that is in it; its stack has removed what leads to it. */
export async function deleteFileSystem(id: string): Promise<void> {
  await onAws(`delete file system "${id}"`, async () => {
    try {
      await new EFSClient(CLIENT_CONFIG).send(new DeleteFileSystemCommand({ FileSystemId: id }));
    } catch (error) {
      if (!(error instanceof FileSystemNotFound)) throw error;
    }
  });
}

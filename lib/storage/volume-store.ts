/** Bytes of a file that lie together: an object of the store, or a part of one that several files share. */
export interface VolumePiece {
  /** The object, below the volume. */
  readonly object: string;
  readonly offset: number;
  readonly length: number;
  /** SHA-256 of these bytes as 64 hexadecimal digits. */
  readonly hash: string;
}

/** What is at a path of a volume. */
export interface VolumeEntry {
  /** From the root of the volume, without a slash before it. */
  readonly path: string;
  readonly type: "file" | "directory" | "link";
  /** Bytes; 0 for what is no file. */
  readonly size: number;
  /** When it was last written: milliseconds since 1970. */
  readonly modifiedAt: number;
  /** Permissions, as those of POSIX. */
  readonly mode: number;
}

/** A file with where its bytes are, or a link with what it points to. */
export interface StoredEntry extends VolumeEntry {
  /** In their order; none for what is no file. */
  readonly pieces: readonly VolumePiece[];
  /** What a link points to, as it was made; "" for others. */
  readonly target: string;
}

export interface ListQuery {
  /** "": the root. */
  readonly path: string;
  /** Also what is in folders of that folder. */
  readonly recursive: boolean;
  /** Go on after this path. */
  readonly after?: string | undefined;
}

export interface VolumePage {
  /** In the order of their paths. */
  readonly entries: readonly VolumeEntry[];
  /** Where to go on; undefined at the end. */
  readonly next?: string | undefined;
}

/** One step of a change; all steps of a change are seen at once, or none. */
export type VolumeChange =
  | { readonly kind: "put"; readonly entry: StoredEntry }
  | { readonly kind: "remove"; readonly path: string; readonly recursive: boolean }
  | {
      readonly kind: "copy";
      readonly from: string;
      readonly to: string;
      readonly recursive: boolean;
      /** The copy is in the folder `to`, as it also is where there is such a folder. */
      readonly isInto: boolean;
    };

/** What is uploaded from the disk of the machine that the store runs on. */
export interface UploadRequest {
  /** Files and folders there, with the path in the volume that each gets. */
  readonly items: readonly UploadItem[];
  /** Replace files that there are. */
  readonly force: boolean;
}

export interface UploadItem {
  readonly kind: "file" | "folder";
  /** Absolute. */
  readonly local: string;
  readonly path: string;
  /** Of a file; @default - as on the disk */
  readonly mode?: number | undefined;
  /** Of a folder: what is in its folders, too. @default true */
  readonly recursive?: boolean | undefined;
}

/** A folder of the machine that the store runs on, which shows a volume. */
export interface VolumeFolder {
  readonly folder: string;
  /** The folder of the volume that is there. @default - all of it */
  readonly subPath?: string | undefined;
  /** Nothing is committed from it. @default false */
  readonly readOnly?: boolean | undefined;
}

export interface DownloadRequest {
  /** A file, a folder or "" for all. */
  readonly path: string;
  /** Where it goes on the disk of the machine that the store runs on: the file or the folder itself. */
  readonly target: string;
  /** Replace files that there are. */
  readonly force: boolean;
}

/** Bytes of a piece at most: larger files have several. */
export const PIECE_BYTES: number = 8 * 1024 * 1024;

/** Is told of bytes as they have been sent, received, or found to be there already. */
export type OnBytes = (bytes: number) => void;

/** Port to volumes. Every method throws NotFoundError for a volume that does not exist. */
export interface VolumeStore {
  /** @throws NotFoundError for a path that does not exist */
  list(volume: string, query: ListQuery): Promise<VolumePage>;
  /** @throws NotFoundError */
  find(volume: string, path: string): Promise<StoredEntry>;
  /** The bytes of a piece, held against their hash. */
  read(volume: string, piece: VolumePiece): Promise<Uint8Array>;
  /** Keeps bytes for a `change` that is to follow. */
  write(volume: string, bytes: Uint8Array): Promise<VolumePiece>;
  /** Changes files, all at once for everybody else. */
  change(volume: string, changes: readonly VolumeChange[]): Promise<void>;
  /** Uploads files, all at once for everybody else. Only bytes that the volume lacks are sent. */
  upload(volume: string, request: UploadRequest, onBytes?: OnBytes): Promise<void>;
  download(volume: string, request: DownloadRequest, onBytes?: OnBytes): Promise<void>;
  /** Gives a volume another name. @throws AlreadyExistsError */
  rename(volume: string, name: string): Promise<void>;
  /**
   * Makes a folder the newest version of a volume and answers its number. What the folder has already is not fetched;
   * what it has and the version has not is removed.
   */
  checkOut(volume: string, folder: VolumeFolder): Promise<number>;
  /**
   * Stores what has changed in a folder since it was checked out or committed: all at once for everybody else, merged
   * file by file with what others committed meanwhile, where the last one wins. Answers the number of the version that has
   * it. The folder keeps what it has: what others committed comes with `reload`.
   */
  commit(volume: string, folder: string): Promise<number>;
  /**
   * Commits, and makes the folder the newest version.
   * @throws ExecutionError naming files in it that a process has open
   */
  reload(volume: string, folder: string): Promise<number>;
}

/** Where volumes are mounted in a process: JSON, an object of paths by the names of the volumes. */
export const VOLUME_PATHS = "WINDLASS_VOLUME_PATHS";

/** Errors of file systems by name, as Linux counts them [errno(3)]. */
export const ERRNO = {
  EPERM: 1,
  ENOENT: 2,
  EIO: 5,
  EACCES: 13,
  EEXIST: 17,
  ENOTDIR: 20,
  EISDIR: 21,
  EINVAL: 22,
  EROFS: 30,
  ENOSYS: 38,
  ENOTEMPTY: 39,
  ENOTSUP: 95,
  ESTALE: 116,
} as const;

/** What a program that uses the mount gets as its error. Only its number leaves this process. */
export class FsError extends Error {
  readonly errno: number;

  constructor(name: keyof typeof ERRNO, message: string = name) {
    super(message);
    this.errno = ERRNO[name];
  }
}

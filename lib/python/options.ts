import type { ClsOptions, FunctionOptions } from "../options/function-options.ts";
import type { Schedule } from "../schedule.ts";

interface PythonHandlerOption {
  /**
   * The Python function or class: a path relative to the file that defines it here, a colon, and its name.
   * @example "whisper.py:transcribe"
   */
  readonly handler: string;
}

/** Options of a Python function. */
export interface PythonOptions<When extends Schedule | undefined = Schedule | undefined>
  extends FunctionOptions<When>,
    PythonHandlerOption {}

/** Options of a Python class. */
export interface PythonClsOptions extends ClsOptions, PythonHandlerOption {}

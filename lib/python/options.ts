import type { BatchOptions, ClsOptions, FunctionOptions } from "../options/function-options.ts";
import type { Schedule } from "../schedule.ts";
import type { StandardSchema } from "../standard-schema.ts";
import type { PythonClsWebOptions, WebAppOptions } from "../web/options.ts";

/** Options of a web app that is written in Python: `handler` is the function that returns it. */
export interface PythonWebOptions extends WebAppOptions, PythonHandlerOption {}

interface PythonHandlerOption {
  /**
   * The Python function or class: a path relative to the file that defines it here, a colon, and its name.
   * @example "whisper.py:transcribe"
   */
  readonly handler: string;
}

/** Options of a Python function. With `batch` its signature is that of its calls, with single inputs. */
export interface PythonOptions<When extends Schedule | undefined = Schedule | undefined>
  extends FunctionOptions<When, BatchOptions | undefined>,
    PythonHandlerOption {}

/** Options of a Python class. */
export interface PythonClsOptions
  extends ClsOptions<StandardSchema | undefined, BatchOptions | undefined>,
    PythonClsWebOptions,
    PythonHandlerOption {}

import { describeDicts } from "./dict-suite.ts";
import { localLab } from "./local-lab.ts";

describeDicts("on this machine", localLab);

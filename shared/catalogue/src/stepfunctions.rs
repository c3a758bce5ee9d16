//! Step Functions: executions that failed.

use domain::{OperationSpec, Risk, UndoSpec};

use crate::{Entry, Form, OperationWords, Resource, words};

pub(crate) const ENTRIES: &[Entry] = &[Entry {
    spec: OperationSpec {
        id: "stepfunctions.redrive_execution",
        summary: ("Run a failed execution again from where it failed.", "从失败处重新运行失败的执行。"),
        risk: Risk::R2,
        params: &[],
        target: ("execution ARN", "执行 ARN"),
        undo: UndoSpec::None("states that ran again cannot be taken back", "重新运行过的状态无法撤销"),
        built: false,
    },
    words: OperationWords {
        resource: Resource::Execution,
        forms: &[Form {
            verbs: &[words::REDRIVE, "rerun|re-run|resume|restart|retry|重跑|重新运行|重新执行|重试|续跑|接着跑"],
            objects: "execution|state machine|workflow|step functions|stepfunctions|sfn|failed execution|workflow run|执行|\
                状态机|失败的执行|工作流|流程",
            opposites: &[],
        }],
        needs: "",
    },
    one_of: &[],
    ascending: &[],
}];

//! Combinations of actions with which a principal gives itself more rights. Entry point: [`path`].
//!
//! Source: the publicly described methods of IAM privilege escalation; each line is one method.

use crate::document::Document;

/// Each line: every action is needed.
const PATHS: &[&[&str]] = &[
    &["iam:CreatePolicyVersion"],
    &["iam:SetDefaultPolicyVersion"],
    &["iam:AttachUserPolicy"],
    &["iam:AttachGroupPolicy"],
    &["iam:AttachRolePolicy", "sts:AssumeRole"],
    &["iam:PutUserPolicy"],
    &["iam:PutGroupPolicy"],
    &["iam:PutRolePolicy", "sts:AssumeRole"],
    &["iam:AddUserToGroup"],
    &["iam:UpdateAssumeRolePolicy", "sts:AssumeRole"],
    &["iam:CreateAccessKey"],
    &["iam:CreateLoginProfile"],
    &["iam:UpdateLoginProfile"],
    &["iam:PassRole", "ec2:RunInstances"],
    &["iam:PassRole", "lambda:CreateFunction", "lambda:InvokeFunction"],
    &["iam:PassRole", "lambda:CreateFunction", "lambda:CreateEventSourceMapping"],
    &["iam:PassRole", "lambda:CreateFunction", "lambda:AddPermission"],
    &["iam:PassRole", "cloudformation:CreateStack"],
    &["iam:PassRole", "cloudformation:CreateStackSet", "cloudformation:CreateStackInstances"],
    &["iam:PassRole", "glue:CreateDevEndpoint"],
    &["iam:PassRole", "glue:CreateJob", "glue:StartJobRun"],
    &["iam:PassRole", "datapipeline:CreatePipeline", "datapipeline:PutPipelineDefinition", "datapipeline:ActivatePipeline"],
    &["iam:PassRole", "ecs:RegisterTaskDefinition", "ecs:RunTask"],
    &["iam:PassRole", "ecs:RegisterTaskDefinition", "ecs:CreateService"],
    &["iam:PassRole", "codebuild:CreateProject", "codebuild:StartBuild"],
    &["iam:PassRole", "sagemaker:CreateNotebookInstance", "sagemaker:CreatePresignedNotebookInstanceUrl"],
    &["iam:PassRole", "sagemaker:CreateTrainingJob"],
    &["iam:PassRole", "states:CreateStateMachine", "states:StartExecution"],
    &["iam:PassRole", "apprunner:CreateService"],
    &["iam:PassRole", "ssm:StartAutomationExecution"],
    &["iam:PassRole", "autoscaling:CreateAutoScalingGroup", "autoscaling:CreateLaunchConfiguration"],
    &["lambda:UpdateFunctionCode"],
    &["lambda:UpdateFunctionConfiguration", "lambda:PublishLayerVersion"],
    &["glue:UpdateDevEndpoint"],
    &["glue:UpdateJob", "glue:StartJobRun"],
    &["cloudformation:UpdateStack"],
    &["codebuild:UpdateProject", "codebuild:StartBuild"],
    &["apprunner:UpdateService"],
    &["ssm:SendCommand"],
    &["ssm:StartSession"],
    &["ec2:ModifyInstanceAttribute", "ec2:StopInstances", "ec2:StartInstances"],
    &["ec2-instance-connect:SendSSHPublicKey"],
];

/// The first method that a policy makes possible.
#[must_use]
pub fn path(document: &Document) -> Option<&'static [&'static str]> {
    PATHS.iter().copied().find(|actions| actions.iter().all(|action| document.gives(action)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_path_needs_all_its_actions_on_more_than_one_resource() {
        let policy = |actions: &str, resource: &str| {
            let text = format!(r#"{{"Statement":[{{"Effect":"Allow","Action":{actions},"Resource":"{resource}"}}]}}"#);
            path(&Document::parse("t", &text).unwrap())
        };
        assert!(policy(r#"["iam:PassRole","ec2:Run*"]"#, "*").is_some());
        assert!(policy(r#"["iam:PassRole"]"#, "*").is_none());
        assert!(policy(r#"["lambda:UpdateFunctionCode"]"#, "arn:aws:lambda:us-east-1:222222222222:function:mine").is_none());
        assert!(policy(r#"["lambda:UpdateFunctionCode"]"#, "arn:aws:lambda:us-east-1:222222222222:function:*").is_some());
    }
}

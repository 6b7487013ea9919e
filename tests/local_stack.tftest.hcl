# A real apply of the module on a local AWS. tests/support/terraform_test.py passes the URL of the local AWS and the keys of
# its root user as -var: local_aws_endpoint, local_access_key and local_secret_key.

provider "aws" {
  region                  = "us-east-1"
  access_key              = run.local_aws.access_key
  secret_key              = run.local_aws.secret_key
  s3_use_path_style       = true
  skip_metadata_api_check = true

  endpoints {
    cloudwatchlogs = run.local_aws.endpoint
    ec2            = run.local_aws.endpoint
    events         = run.local_aws.endpoint
    iam            = run.local_aws.endpoint
    lambda         = run.local_aws.endpoint
    s3             = run.local_aws.endpoint
    sfn            = run.local_aws.endpoint
    sqs            = run.local_aws.endpoint
    sts            = run.local_aws.endpoint
  }
}

variables {
  project_name = "terraform-test"
  bucket_name  = "terraform-test-triggers"
  domain_arns  = ["arn:aws:es:us-east-1:123456789012:domain/search"]
}

run "local_aws" {
  module {
    source = "./tests/local_aws"
  }
}

run "the_module_applies" {
  module {
    source = "./modules/opensearch-reindex"
  }

  assert {
    condition = alltrue([
      for function in aws_lambda_function.step : (
        function.s3_object_version == aws_s3_object.package[0].version_id && function.s3_object_version == terraform_data.pinned_package.output.version_id &&
        function.code_sha256 == output.package_sha256
      )
    ]) && output.package_sha256 == aws_s3_object.package[0].checksum_sha256
    error_message = "Every function runs the version that Terraform uploaded, and package_sha256 is the hash of its code."
  }

  assert {
    condition     = output.bucket_name == "terraform-test-triggers" && output.bucket_arn == "arn:aws:s3:::terraform-test-triggers"
    error_message = "The outputs return bucket_name."
  }

  assert {
    condition = toset(keys(output.lambda_function_arns)) == toset([
      "get_trigger_file", "create_index", "update_aliases", "start_reindex", "check_reindex_status", "remove_alias", "delete_index",
    ])
    error_message = "lambda_function_arns has one ARN for each step."
  }

  assert {
    condition = alltrue([
      for arn in regexall("arn:aws:lambda:us-east-1:[0-9]+:function:[a-z-]+", join(" ", [
        aws_sfn_state_machine.reindex.definition, aws_sfn_state_machine.index.definition,
        aws_iam_role_policy.state_machine[0].policy, aws_iam_role_policy.index_state_machine[0].policy,
      ])) : contains(values(output.lambda_function_arns), arn)
    ])
    error_message = "The function ARNs that the module builds equal the ARNs that AWS returns."
  }

  assert {
    condition = (
      jsondecode(aws_iam_role_policy.events[0].policy).Statement[0].Resource == [output.state_machine_arn] &&
      jsondecode(aws_sfn_state_machine.reindex.definition).States.ReindexIndices.ItemProcessor.States.ReindexIndex.Parameters.StateMachineArn == output.index_state_machine_arn &&
      jsondecode(aws_iam_role.events[0].assume_role_policy).Statement[0].Condition.ArnEquals["aws:SourceArn"] == [output.event_rule_arn]
    )
    error_message = "The ARNs of state machines and rule that the module builds equal the ARNs that AWS returns."
  }

  assert {
    condition = (
      aws_lambda_function.step["create_index"].role == output.lambda_role_arn &&
      aws_sfn_state_machine.reindex.role_arn == output.state_machine_role_arn &&
      aws_sfn_state_machine.index.role_arn == output.index_state_machine_role_arn &&
      aws_cloudwatch_event_target.state_machine.role_arn == output.event_rule_role_arn &&
      aws_cloudwatch_event_target.state_machine.arn == output.state_machine_arn
    )
    error_message = "Each service uses its own role."
  }

  assert {
    condition = alltrue([
      for step, arn in output.lambda_function_arns : output.log_group_names[step] == "/aws/lambda/${split(":", arn)[6]}"
    ]) && output.log_group_names["state_machine"] == "/aws/vendedlogs/states/terraform-test-dev" && output.log_group_names["index_state_machine"] == "/aws/vendedlogs/states/terraform-test-dev-index"
    error_message = "log_group_names has one name for each step and state machine."
  }
}

# A planned change makes computed values unknown, and an assertion on an unknown value fails. tests/stack asserts that
# `terraform plan` has no changes at all.
run "a_second_plan_builds_and_replaces_nothing" {
  command = plan

  module {
    source = "./modules/opensearch-reindex"
  }

  assert {
    condition     = terraform_data.package[0].id != ""
    error_message = "Terraform does not build the package again."
  }

  assert {
    condition     = alltrue([for function in aws_lambda_function.step : function.last_modified != ""])
    error_message = "Terraform changes no function."
  }

  assert {
    condition = alltrue([
      for id in [
        aws_cloudwatch_event_target.state_machine.id, aws_iam_role.events[0].unique_id, aws_iam_role.index_state_machine[0].unique_id,
        aws_iam_role.lambda[0].unique_id, aws_iam_role.state_machine[0].unique_id, aws_s3_bucket.triggers["triggers"].arn,
        aws_sfn_state_machine.index.creation_date, aws_sfn_state_machine.reindex.creation_date,
      ] : id != ""
    ])
    error_message = "Terraform replaces nothing."
  }
}

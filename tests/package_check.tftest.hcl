# The check of the deployed code, which compares from the plan after the apply that deployed a package. A mocked function never
# gets other code, so that its code is wrong from the start. tests/stack has the package that Terraform builds.

mock_provider "aws" {
  source = "./tests/mocks"
}

override_resource {
  target = aws_sfn_state_machine.reindex
  values = { arn = "arn:aws:states:eu-central-1:123456789012:stateMachine:opensearch-reindex-dev" }
}

variables {
  create_roles = false
  domain_arns  = ["arn:aws:es:eu-central-1:123456789012:domain/search"]
  role_arns = {
    events              = "arn:aws:iam::123456789012:role/events"
    index_state_machine = "arn:aws:iam::123456789012:role/index"
    lambda              = "arn:aws:iam::123456789012:role/lambda"
    state_machine       = "arn:aws:iam::123456789012:role/states"
  }
}

run "a_file_is_deployed" {
  module {
    source = "./modules/opensearch-reindex"
  }

  variables {
    package = { file = "tests/mocks/package.zip" }
  }

  override_resource {
    target = aws_lambda_function.step["create_index"]
    values = {
      code_sha256 = "AAAAAAAA8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU"
    }
  }

  assert {
    condition     = terraform_data.pinned_package.output.recorded_at != null && terraform_data.pinned_package.output.version_id == null
    error_message = "Terraform records when it deployed a package, and no version of an object that it did not upload."
  }
}

run "code_that_differs_from_the_file_fails_the_check" {
  command = plan

  module {
    source = "./modules/opensearch-reindex"
  }

  variables {
    package = { file = "tests/mocks/package.zip" }
  }

  expect_failures = [check.package]
}

run "an_object_with_sha256_is_deployed" {
  module {
    source = "./modules/opensearch-reindex"
  }

  variables {
    package = { s3_bucket = "artifacts", s3_key = "package.zip", sha256 = "AAAAAAAA8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuF=" }
  }
}

run "code_that_differs_from_the_object_fails_the_check" {
  command = plan

  module {
    source = "./modules/opensearch-reindex"
  }

  variables {
    package = { s3_bucket = "artifacts", s3_key = "package.zip", sha256 = "AAAAAAAA8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuF=" }
  }

  expect_failures = [check.package]
}

run "a_package_from_s3_without_sha256" {
  module {
    source = "./modules/opensearch-reindex"
  }

  variables {
    package = { s3_bucket = "artifacts", s3_key = "package.zip", s3_object_version = "7" }
  }

  assert {
    condition     = output.package_sha256 == null && alltrue([for function in aws_lambda_function.step : function.source_code_hash == "7"])
    error_message = "Terraform updates the code if the version of the object changes."
  }
}

run "a_plan_without_sha256_has_nothing_to_compare" {
  command = plan

  module {
    source = "./modules/opensearch-reindex"
  }

  variables {
    package = { s3_bucket = "artifacts", s3_key = "package.zip", s3_object_version = "7" }
  }
}

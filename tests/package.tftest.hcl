# The package of the functions: built by Terraform, or from the input `package`. The mocked Lambda runs the zip that is in S3.

mock_provider "aws" {
  source          = "./tests/mocks"
  override_during = plan
}

variables {
  domain_arns = ["arn:aws:es:eu-central-1:123456789012:domain/search"]
}

run "terraform_builds_the_package" {
  command = plan

  module {
    source = "./modules/opensearch-reindex"
  }

  variables {
    lambda_architecture = "arm64"
    lambda_runtime      = "python3.12"
    package_bucket      = "artifacts"
  }

  assert {
    condition = terraform_data.package[0].triggers_replace == [sha256(jsonencode({
      architecture = "arm64"
      builder      = filesha256("modules/opensearch-reindex/build_package.py")
      runtime      = "python3.12"
      sources      = { for file in fileset("lambda_src", "**") : file => filesha256("lambda_src/${file}") if can(regex("^(handlers[.]py|requirements[.]txt|opensearch_reindex/.*[.](json|py))$", file)) }
    })), "opensearch-reindex-dev", "artifacts"]
    error_message = "Terraform builds the package again if its sources, builder, runtime, architecture or place in S3 change."
  }

  assert {
    condition     = aws_s3_object.package[0].key == "opensearch-reindex-package/opensearch-reindex-dev/${terraform_data.package[0].triggers_replace[0]}.zip"
    error_message = "The key of the package is the hash of its inputs."
  }

  assert {
    condition = (
      aws_s3_object.package[0].bucket == "artifacts" && aws_s3_object.package[0].checksum_algorithm == "SHA256" &&
      endswith(aws_s3_object.package[0].source, "/.build/${substr(terraform_data.package[0].triggers_replace[0], 0, 16)}.zip")
    )
    error_message = "The package goes to package_bucket, with its SHA-256."
  }

  assert {
    condition = alltrue([
      for function in aws_lambda_function.step : (
        function.s3_bucket == "artifacts" && function.s3_key == aws_s3_object.package[0].key && function.s3_object_version == "version-created" &&
        function.source_code_hash == terraform_data.package[0].triggers_replace[0] && function.filename == null
      )
    ])
    error_message = "Every function uses the uploaded version, and Terraform updates the code if the hash changes."
  }

  assert {
    condition     = output.package_sha256 == aws_s3_object.package[0].checksum_sha256
    error_message = "package_sha256 is the SHA-256 of the package in S3."
  }
}

# Version 5 of the provider rejects this runtime, so the plan leaves out the functions.
run "terraform_builds_for_the_newest_runtime" {
  command = plan

  module {
    source = "./modules/opensearch-reindex"
  }

  variables {
    lambda_runtime = "python3.14"
  }

  plan_options {
    target = [terraform_data.package]
  }

  assert {
    condition = terraform_data.package[0].triggers_replace[0] == sha256(jsonencode({
      architecture = "x86_64"
      builder      = filesha256("modules/opensearch-reindex/build_package.py")
      runtime      = "python3.14"
      sources      = { for file in fileset("lambda_src", "**") : file => filesha256("lambda_src/${file}") if can(regex("^(handlers[.]py|requirements[.]txt|opensearch_reindex/.*[.](json|py))$", file)) }
    }))
    error_message = "Terraform builds the package for lambda_runtime."
  }
}

run "changed_code_fails_the_check" {
  command = plan

  module {
    source = "./modules/opensearch-reindex"
  }

  override_resource {
    target          = aws_lambda_function.step["create_index"]
    override_during = plan
    values = {
      code_sha256 = "AAAAAAAA8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU"
    }
  }

  expect_failures = [check.package]
}

# The mocked provider accepts any file as a package.
run "a_package_from_a_file" {
  command = plan

  module {
    source = "./modules/opensearch-reindex"
  }

  variables {
    package = { file = "tests/mocks/package.zip" }
  }

  assert {
    condition     = length(terraform_data.package) == 0 && length(aws_s3_object.package) == 0
    error_message = "Terraform builds no package and uploads nothing to S3."
  }

  assert {
    condition = alltrue([
      for function in aws_lambda_function.step : (
        function.filename == "tests/mocks/package.zip" && function.source_code_hash == filebase64sha256("tests/mocks/package.zip") &&
        function.s3_bucket == null && function.s3_key == null && function.s3_object_version == null
      )
    ])
    error_message = "Every function uses the file, and Terraform updates the code if the file changes."
  }

  assert {
    condition     = output.package_sha256 == filebase64sha256("tests/mocks/package.zip")
    error_message = "package_sha256 is the SHA-256 of the file."
  }
}

run "code_that_differs_from_the_file_fails_the_check" {
  command = plan

  module {
    source = "./modules/opensearch-reindex"
  }

  variables {
    package = { file = "tests/mocks/aws.tfmock.hcl" }
  }

  expect_failures = [check.package]
}

run "a_package_from_s3" {
  command = plan

  module {
    source = "./modules/opensearch-reindex"
  }

  variables {
    package = {
      s3_bucket         = "artifacts"
      s3_key            = "reindex/package.zip"
      s3_object_version = "7"
      sha256            = "47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU="
    }
  }

  assert {
    condition     = length(terraform_data.package) == 0 && length(aws_s3_object.package) == 0
    error_message = "Terraform builds no package and uploads nothing to S3."
  }

  assert {
    condition = alltrue([
      for function in aws_lambda_function.step : [function.s3_bucket, function.s3_key, function.s3_object_version, function.source_code_hash] == [
        "artifacts", "reindex/package.zip", "7", "47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU=",
      ] && function.filename == null
    ])
    error_message = "Every function uses the object, and Terraform updates the code if package.sha256 changes."
  }

  assert {
    condition     = output.package_sha256 == "47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU="
    error_message = "package_sha256 is package.sha256."
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

# The check passes, because the hash of the expected code is unknown.
run "a_package_from_s3_without_sha256" {
  command = plan

  module {
    source = "./modules/opensearch-reindex"
  }

  variables {
    package = { s3_bucket = "artifacts", s3_key = "package.zip", s3_object_version = "7" }
  }

  override_resource {
    target          = aws_lambda_function.step["create_index"]
    override_during = plan
    values = {
      code_sha256 = "AAAAAAAA8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU"
    }
  }

  assert {
    condition     = output.package_sha256 == null && alltrue([for function in aws_lambda_function.step : function.source_code_hash == "7"])
    error_message = "Terraform updates the code if the version of the object changes."
  }
}

run "a_package_from_s3_without_a_version" {
  command = plan

  module {
    source = "./modules/opensearch-reindex"
  }

  variables {
    package = { s3_bucket = "artifacts", s3_key = "package.zip" }
  }

  assert {
    condition     = alltrue([for function in aws_lambda_function.step : function.source_code_hash == sha256("artifacts/package.zip") && function.s3_object_version == null])
    error_message = "Terraform updates the code if the key of the object changes."
  }
}

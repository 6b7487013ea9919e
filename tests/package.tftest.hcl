# The package of the functions: built here, or given. Under a mocked provider Lambda runs the very zip that is in S3.

mock_provider "aws" {
  source          = "./tests/mocks"
  override_during = plan
}

variables {
  domain_arns = ["arn:aws:es:eu-central-1:123456789012:domain/search"]
}

run "built_here" {
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
    error_message = "The package is built again when its sources, its builder, runtime or architecture, or its place in S3 change."
  }

  assert {
    condition     = aws_s3_object.package[0].key == "opensearch-reindex-package/opensearch-reindex-dev/${terraform_data.package[0].triggers_replace[0]}.zip"
    error_message = "The package's key is the hash of what it is made of."
  }

  assert {
    condition = (
      aws_s3_object.package[0].bucket == "artifacts" && aws_s3_object.package[0].checksum_algorithm == "SHA256" &&
      endswith(aws_s3_object.package[0].source, "/.build/${substr(terraform_data.package[0].triggers_replace[0], 0, 16)}.zip")
    )
    error_message = "What is built goes to the bucket named, with its SHA-256."
  }

  assert {
    condition = alltrue([
      for function in aws_lambda_function.step : (
        function.s3_bucket == "artifacts" && function.s3_key == aws_s3_object.package[0].key && function.s3_object_version == "version-made-here" &&
        function.source_code_hash == terraform_data.package[0].triggers_replace[0] && function.filename == null
      )
    ])
    error_message = "Every function runs the version that was put there, and takes it anew when the hash changes."
  }

  assert {
    condition     = output.package_sha256 == aws_s3_object.package[0].checksum_sha256
    error_message = "The SHA-256 told is that of the package in S3."
  }
}

# Version 5 of the provider does not know the runtime yet, so the functions are left out of this plan.
run "built_for_the_newest_runtime" {
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
    error_message = "The package is built for the runtime named."
  }
}

run "one_function_swapped" {
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

# Any file is a package under a mocked provider.
run "a_given_file" {
  command = plan

  module {
    source = "./modules/opensearch-reindex"
  }

  variables {
    package = { file = "tests/mocks/package.zip" }
  }

  assert {
    condition     = length(terraform_data.package) == 0 && length(aws_s3_object.package) == 0
    error_message = "Nothing is built, and nothing is put into S3."
  }

  assert {
    condition = alltrue([
      for function in aws_lambda_function.step : (
        function.filename == "tests/mocks/package.zip" && function.source_code_hash == filebase64sha256("tests/mocks/package.zip") &&
        function.s3_bucket == null && function.s3_key == null && function.s3_object_version == null
      )
    ])
    error_message = "Every function runs the file, and takes it anew when it changes."
  }

  assert {
    condition     = output.package_sha256 == filebase64sha256("tests/mocks/package.zip")
    error_message = "The SHA-256 told is the file's."
  }
}

run "another_file_than_lambda_runs" {
  command = plan

  module {
    source = "./modules/opensearch-reindex"
  }

  variables {
    package = { file = "tests/mocks/aws.tfmock.hcl" }
  }

  expect_failures = [check.package]
}

run "a_given_object" {
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
    error_message = "Nothing is built, and nothing is put into S3."
  }

  assert {
    condition = alltrue([
      for function in aws_lambda_function.step : [function.s3_bucket, function.s3_key, function.s3_object_version, function.source_code_hash] == [
        "artifacts", "reindex/package.zip", "7", "47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU=",
      ] && function.filename == null
    ])
    error_message = "Every function runs the object, and takes it anew when its SHA-256 changes."
  }

  assert {
    condition     = output.package_sha256 == "47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU="
    error_message = "The SHA-256 told is the given one."
  }
}

run "another_object_than_lambda_runs" {
  command = plan

  module {
    source = "./modules/opensearch-reindex"
  }

  variables {
    package = { s3_bucket = "artifacts", s3_key = "package.zip", sha256 = "AAAAAAAA8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuF=" }
  }

  expect_failures = [check.package]
}

# Nobody has told what Lambda should run, so the check cannot know and lets it pass.
run "a_given_object_of_an_unknown_sha256" {
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
    error_message = "The functions take the object anew when its version changes."
  }
}

run "a_given_object_without_a_version" {
  command = plan

  module {
    source = "./modules/opensearch-reindex"
  }

  variables {
    package = { s3_bucket = "artifacts", s3_key = "package.zip" }
  }

  assert {
    condition     = alltrue([for function in aws_lambda_function.step : function.source_code_hash == sha256("artifacts/package.zip") && function.s3_object_version == null])
    error_message = "The functions take the object anew when its name changes."
  }
}

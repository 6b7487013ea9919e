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
    create_package_bucket = false
    lambda_architecture   = "arm64"
    lambda_runtime        = "python3.12"
    package_bucket        = "artifacts"
  }

  assert {
    condition = terraform_data.package[0].triggers_replace == { bucket = "artifacts", name = "opensearch-reindex-dev", build_hash = sha256(jsonencode({
      architecture = "arm64"
      builder      = filesha256("modules/opensearch-reindex/build_package.py")
      runtime      = "python3.12"
      sources      = { for file in fileset("lambda_src", "**") : file => filesha256("lambda_src/${file}") if can(regex("^(handlers[.]py|requirements[.]txt|opensearch_reindex/.*[.](json|py))$", file)) }
    })) }
    error_message = "Terraform builds the package again if its sources, builder, runtime, architecture or place in S3 change."
  }

  assert {
    condition     = aws_s3_object.package[0].key == "opensearch-reindex-package/opensearch-reindex-dev/${terraform_data.package[0].triggers_replace.build_hash}.zip"
    error_message = "The key of the package is the hash of its inputs."
  }

  assert {
    condition = (
      aws_s3_object.package[0].bucket == "artifacts" && aws_s3_object.package[0].checksum_algorithm == "SHA256" &&
      endswith(aws_s3_object.package[0].source, "/.build/${substr(terraform_data.package[0].triggers_replace.build_hash, 0, 16)}.zip")
    )
    error_message = "The package goes to package_bucket, with its SHA-256."
  }

  assert {
    condition = alltrue([
      for function in aws_lambda_function.step : (
        function.s3_bucket == "artifacts" && function.s3_key == aws_s3_object.package[0].key &&
        function.source_code_hash == terraform_data.package[0].triggers_replace.build_hash && function.filename == null
      )
    ])
    error_message = "Every function uses the uploaded object, and Terraform updates the code if the hash changes."
  }

  assert {
    condition = sum([
      length(aws_s3_bucket.packages), length(aws_s3_bucket_ownership_controls.packages), length(aws_s3_bucket_policy.packages),
      length(aws_s3_bucket_public_access_block.packages), length(aws_s3_bucket_server_side_encryption_configuration.packages),
      length(aws_s3_bucket_versioning.packages),
    ]) == 0
    error_message = "The module creates no bucket for the package and changes nothing in package_bucket."
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
    condition = terraform_data.package[0].triggers_replace.build_hash == sha256(jsonencode({
      architecture = "x86_64"
      builder      = filesha256("modules/opensearch-reindex/build_package.py")
      runtime      = "python3.14"
      sources      = { for file in fileset("lambda_src", "**") : file => filesha256("lambda_src/${file}") if can(regex("^(handlers[.]py|requirements[.]txt|opensearch_reindex/.*[.](json|py))$", file)) }
    }))
    error_message = "Terraform builds the package for lambda_runtime."
  }
}

run "the_package_has_a_bucket_of_its_own" {
  command = plan

  module {
    source = "./modules/opensearch-reindex"
  }

  variables {
    bucket_name   = "some.teams.bucket"
    create_bucket = false
    force_destroy = true
    kms_key_arn   = "arn:aws:kms:eu-central-1:123456789012:key/1"
  }

  assert {
    condition = (
      aws_s3_bucket.packages[0].bucket == "opensearch-reindex-packages-123456789012" && aws_s3_bucket.packages[0].force_destroy &&
      aws_s3_object.package[0].bucket == "opensearch-reindex-packages-123456789012" &&
      alltrue([for function in aws_lambda_function.step : function.s3_bucket == "opensearch-reindex-packages-123456789012"])
    )
    error_message = "The package is in another bucket than the trigger files."
  }

  assert {
    condition = (
      aws_s3_bucket_versioning.packages[0].versioning_configuration[0].status == "Enabled" &&
      aws_s3_bucket_ownership_controls.packages[0].rule[0].object_ownership == "BucketOwnerEnforced" &&
      aws_s3_bucket_public_access_block.packages[0].block_public_acls && aws_s3_bucket_public_access_block.packages[0].block_public_policy &&
      aws_s3_bucket_public_access_block.packages[0].ignore_public_acls && aws_s3_bucket_public_access_block.packages[0].restrict_public_buckets
    )
    error_message = "The bucket has versioning, no ACLs and no public access."
  }

  assert {
    condition = one([
      for rule in aws_s3_bucket_server_side_encryption_configuration.packages[0].rule :
      [rule.bucket_key_enabled, rule.apply_server_side_encryption_by_default[0].sse_algorithm, rule.apply_server_side_encryption_by_default[0].kms_master_key_id]
    ]) == [true, "aws:kms", "arn:aws:kms:eu-central-1:123456789012:key/1"]
    error_message = "S3 encrypts the bucket with kms_key_arn and a bucket key."
  }

  assert {
    condition = jsondecode(aws_s3_bucket_policy.packages[0].policy).Statement == [{
      Sid       = "DenyInsecureTransport"
      Effect    = "Deny"
      Principal = "*"
      Action    = "s3:*"
      Resource  = ["arn:aws:s3:::opensearch-reindex-packages-123456789012", "arn:aws:s3:::opensearch-reindex-packages-123456789012/*"]
      Condition = { Bool = { "aws:SecureTransport" = "false" } }
    }]
    error_message = "The bucket denies requests without TLS."
  }

  assert {
    condition     = !strcontains(aws_iam_role_policy.lambda[0].policy, "-packages-")
    error_message = "The functions have no access to their package."
  }
}

run "the_package_bucket_without_a_key" {
  command = plan

  module {
    source = "./modules/opensearch-reindex"
  }

  assert {
    condition = !aws_s3_bucket.packages[0].force_destroy && one([
      for rule in aws_s3_bucket_server_side_encryption_configuration.packages[0].rule :
      [rule.bucket_key_enabled, rule.apply_server_side_encryption_by_default[0].sse_algorithm]
    ]) == [false, "AES256"]
    error_message = "S3 encrypts the bucket with its own key, and AWS deletes the bucket only if it is empty."
  }
}

run "the_package_in_the_bucket_for_trigger_files" {
  command = plan

  module {
    source = "./modules/opensearch-reindex"
  }

  variables {
    package_bucket = "opensearch-reindex-triggers-123456789012"
  }

  expect_failures = [aws_s3_object.package]
}

run "a_built_package_in_the_bucket_for_trigger_files" {
  command = plan

  module {
    source = "./modules/opensearch-reindex"
  }

  variables {
    package = { s3_bucket = "opensearch-reindex-triggers-123456789012", s3_key = "package.zip" }
  }

  expect_failures = [aws_lambda_function.step]
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
    condition     = length(terraform_data.package) == 0 && length(aws_s3_object.package) == 0 && length(aws_s3_bucket.packages) == 0
    error_message = "Terraform builds no package, uploads nothing to S3 and creates no bucket for it."
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
    condition     = length(terraform_data.package) == 0 && length(aws_s3_object.package) == 0 && length(aws_s3_bucket.packages) == 0
    error_message = "Terraform builds no package, uploads nothing to S3 and creates no bucket for it."
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

# The bucket for trigger files, created by the module or existing, and the rule for uploads.

mock_provider "aws" {
  source          = "./tests/mocks"
  override_during = plan
}

variables {
  domain_arns = ["arn:aws:es:eu-central-1:123456789012:domain/search"]
}

run "the_module_creates_the_bucket" {
  command = plan

  module {
    source = "./modules/opensearch-reindex"
  }

  assert {
    condition = (
      aws_s3_bucket.triggers["triggers"].force_destroy == false &&
      aws_s3_bucket_versioning.triggers["triggers"].versioning_configuration[0].status == "Enabled" &&
      aws_s3_bucket_ownership_controls.triggers["triggers"].rule[0].object_ownership == "BucketOwnerEnforced" &&
      length(aws_s3_bucket_logging.triggers) == 0
    )
    error_message = "The bucket has versioning, no ACLs and no access logs, and AWS deletes it only if it is empty."
  }

  assert {
    condition = one([
      for rule in aws_s3_bucket_server_side_encryption_configuration.triggers["triggers"].rule :
      [rule.bucket_key_enabled, rule.apply_server_side_encryption_by_default[0].sse_algorithm]
    ]) == [false, "AES256"]
    error_message = "S3 encrypts the bucket with its own key."
  }

  assert {
    condition = (
      aws_s3_bucket_public_access_block.triggers["triggers"].block_public_acls && aws_s3_bucket_public_access_block.triggers["triggers"].block_public_policy &&
      aws_s3_bucket_public_access_block.triggers["triggers"].ignore_public_acls && aws_s3_bucket_public_access_block.triggers["triggers"].restrict_public_buckets
    )
    error_message = "The bucket blocks all public access."
  }

  assert {
    condition = jsondecode(aws_s3_bucket_policy.triggers["triggers"].policy).Statement == [{
      Sid       = "DenyInsecureTransport"
      Effect    = "Deny"
      Principal = "*"
      Action    = "s3:*"
      Resource  = ["arn:aws:s3:::opensearch-reindex-triggers-123456789012", "arn:aws:s3:::opensearch-reindex-triggers-123456789012/*"]
      Condition = { Bool = { "aws:SecureTransport" = "false" } }
    }]
    error_message = "The bucket denies requests without TLS."
  }

  assert {
    condition = jsonencode([
      for rule in aws_s3_bucket_lifecycle_configuration.triggers["triggers"].rule :
      [rule.status, rule.expiration[*].days, rule.noncurrent_version_expiration[*].noncurrent_days, rule.abort_incomplete_multipart_upload[*].days_after_initiation]
    ]) == jsonencode([["Enabled", [30], [30], [1]]])
    error_message = "Trigger files and noncurrent versions expire after 30 days, and incomplete uploads after one day."
  }

  assert {
    condition     = aws_s3_bucket_notification.triggers[0].bucket == "opensearch-reindex-triggers-123456789012" && aws_s3_bucket_notification.triggers[0].eventbridge
    error_message = "The bucket sends its events to EventBridge."
  }

  assert {
    condition = aws_cloudwatch_event_rule.trigger_file.state == "ENABLED" && jsondecode(aws_cloudwatch_event_rule.trigger_file.event_pattern) == {
      source        = ["aws.s3"]
      "detail-type" = ["Object Created"]
      detail = {
        bucket = { name = ["opensearch-reindex-triggers-123456789012"] }
        object = { key = [{ suffix = ".json" }] }
      }
    }
    error_message = "The rule matches only new *.json objects in the bucket."
  }
}

run "the_inputs_reach_the_bucket" {
  command = plan

  module {
    source = "./modules/opensearch-reindex"
  }

  variables {
    bucket_access_logging      = { bucket = "access-logs", prefix = "triggers/" }
    bucket_name                = "another-bucket"
    force_destroy              = true
    kms_key_arn                = "arn:aws:kms:eu-central-1:123456789012:key/1"
    manage_bucket_notification = false
    trigger_file_prefix        = "config/reindex-"
    trigger_file_suffix        = ".reindex.json"
  }

  assert {
    condition = (
      aws_s3_bucket.triggers["triggers"].bucket == "another-bucket" && output.bucket_name == "another-bucket" &&
      output.bucket_arn == "arn:aws:s3:::another-bucket" &&
      jsondecode(aws_s3_bucket_policy.triggers["triggers"].policy).Statement[0].Resource == ["arn:aws:s3:::another-bucket", "arn:aws:s3:::another-bucket/*"]
    )
    error_message = "The bucket, policy and outputs use bucket_name."
  }

  assert {
    condition     = aws_s3_bucket.triggers["triggers"].force_destroy
    error_message = "force_destroy reaches the bucket."
  }

  assert {
    condition = one([
      for rule in aws_s3_bucket_server_side_encryption_configuration.triggers["triggers"].rule :
      [rule.bucket_key_enabled, rule.apply_server_side_encryption_by_default[0].sse_algorithm, rule.apply_server_side_encryption_by_default[0].kms_master_key_id]
    ]) == [true, "aws:kms", "arn:aws:kms:eu-central-1:123456789012:key/1"]
    error_message = "S3 encrypts the bucket with kms_key_arn and a bucket key."
  }

  assert {
    condition     = [aws_s3_bucket_logging.triggers["triggers"].target_bucket, aws_s3_bucket_logging.triggers["triggers"].target_prefix] == ["access-logs", "triggers/"]
    error_message = "bucket_access_logging reaches the bucket."
  }

  assert {
    condition     = length(aws_s3_bucket_notification.triggers) == 0
    error_message = "manage_bucket_notification = false leaves the notifications of the bucket unchanged."
  }

  assert {
    condition = jsondecode(aws_cloudwatch_event_rule.trigger_file.event_pattern).detail == {
      bucket = { name = ["another-bucket"] }
      object = { key = [{ wildcard = "config/reindex-*.reindex.json" }] }
    }
    error_message = "The rule matches only keys with the prefix and the suffix."
  }

  assert {
    condition     = jsondecode(aws_iam_role_policy.lambda[0].policy).Statement[0].Resource == ["arn:aws:s3:::another-bucket/config/reindex-*.reindex.json"]
    error_message = "The functions can read only keys with the prefix and the suffix."
  }
}

run "an_existing_bucket_stays_unchanged" {
  command = plan

  module {
    source = "./modules/opensearch-reindex"
  }

  variables {
    bucket_name   = "some.teams.bucket"
    create_bucket = false
    kms_key_arn   = "arn:aws:kms:eu-central-1:123456789012:key/1"
    # The maximum length of a prefix.
    trigger_file_prefix = "${format("%0511d", 0)}/"
  }

  assert {
    condition = sum([
      length(aws_s3_bucket.triggers), length(aws_s3_bucket_lifecycle_configuration.triggers), length(aws_s3_bucket_logging.triggers),
      length(aws_s3_bucket_notification.triggers), length(aws_s3_bucket_ownership_controls.triggers), length(aws_s3_bucket_policy.triggers),
      length(aws_s3_bucket_public_access_block.triggers), length(aws_s3_bucket_server_side_encryption_configuration.triggers),
      length(aws_s3_bucket_versioning.triggers),
    ]) == 0
    error_message = "The module changes nothing in the bucket."
  }

  assert {
    condition = (
      output.bucket_name == "some.teams.bucket" && output.bucket_arn == "arn:aws:s3:::some.teams.bucket" &&
      jsondecode(aws_cloudwatch_event_rule.trigger_file.event_pattern).detail.bucket.name == ["some.teams.bucket"] &&
      jsondecode(aws_iam_role_policy.lambda[0].policy).Statement[0].Resource == ["arn:aws:s3:::some.teams.bucket/${var.trigger_file_prefix}*.json"]
    )
    error_message = "The rule, policy and outputs use the existing bucket."
  }
}

run "an_existing_bucket_gets_only_the_notification" {
  command = plan

  module {
    source = "./modules/opensearch-reindex"
  }

  variables {
    bucket_name                = "some.teams.bucket"
    create_bucket              = false
    manage_bucket_notification = true
  }

  assert {
    condition     = aws_s3_bucket_notification.triggers[0].bucket == "some.teams.bucket" && aws_s3_bucket_notification.triggers[0].eventbridge
    error_message = "The bucket sends its events to EventBridge."
  }

  assert {
    condition = sum([
      length(aws_s3_bucket.triggers), length(aws_s3_bucket_lifecycle_configuration.triggers), length(aws_s3_bucket_logging.triggers),
      length(aws_s3_bucket_ownership_controls.triggers), length(aws_s3_bucket_policy.triggers), length(aws_s3_bucket_public_access_block.triggers),
      length(aws_s3_bucket_server_side_encryption_configuration.triggers), length(aws_s3_bucket_versioning.triggers),
    ]) == 0
    error_message = "The module changes nothing else in the bucket."
  }
}

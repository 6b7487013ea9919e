# The bucket of the trigger files, one made here and one that exists, and the rule that waits for uploads.

mock_provider "aws" {
  source          = "./tests/mocks"
  override_during = plan
}

variables {
  domain_arns = ["arn:aws:es:eu-central-1:123456789012:domain/search"]
}

run "a_bucket_made_here" {
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
    error_message = "The bucket is versioned, free of ACLs, destroyed only when it is empty, and has no access log."
  }

  assert {
    condition = one([
      for rule in aws_s3_bucket_server_side_encryption_configuration.triggers["triggers"].rule :
      [rule.bucket_key_enabled, rule.apply_server_side_encryption_by_default[0].sse_algorithm]
    ]) == [false, "AES256"]
    error_message = "The bucket is encrypted with a key of S3."
  }

  assert {
    condition = (
      aws_s3_bucket_public_access_block.triggers["triggers"].block_public_acls && aws_s3_bucket_public_access_block.triggers["triggers"].block_public_policy &&
      aws_s3_bucket_public_access_block.triggers["triggers"].ignore_public_acls && aws_s3_bucket_public_access_block.triggers["triggers"].restrict_public_buckets
    )
    error_message = "The bucket cannot be made public."
  }

  assert {
    condition = jsondecode(aws_s3_bucket_policy.triggers["triggers"].policy).Statement == [{
      Sid       = "DenyInsecureTransport"
      Effect    = "Deny"
      Principal = "*"
      Action    = "s3:*"
      Resource  = ["arn:aws:s3:::opensearch-reindex-dev-123456789012", "arn:aws:s3:::opensearch-reindex-dev-123456789012/*"]
      Condition = { Bool = { "aws:SecureTransport" = "false" } }
    }]
    error_message = "Without TLS nobody reaches the bucket."
  }

  assert {
    condition = jsonencode([
      for rule in aws_s3_bucket_lifecycle_configuration.triggers["triggers"].rule :
      [rule.id, rule.status, length(rule.expiration), rule.noncurrent_version_expiration[*].noncurrent_days, rule.abort_incomplete_multipart_upload[*].days_after_initiation]
      ]) == jsonencode([
      ["expire-trigger-files", "Enabled", 1, [30], []],
      ["clean-up-uploads-and-delete-markers", "Enabled", 1, [], [1]],
    ])
    error_message = "Overwritten trigger files expire after 30 days, halves of uploads after one."
  }

  assert {
    condition = (
      aws_s3_bucket_lifecycle_configuration.triggers["triggers"].rule[0].expiration[0].days == 30 &&
      aws_s3_bucket_lifecycle_configuration.triggers["triggers"].rule[1].expiration[0].expired_object_delete_marker
    )
    error_message = "Trigger files expire after 30 days, and leave nothing behind."
  }

  assert {
    condition     = aws_s3_bucket_lifecycle_configuration.triggers["triggers"].rule[0].filter[0].object_size_less_than == 1048577
    error_message = "Nothing larger than a trigger file may be expires, so the package stays."
  }

  assert {
    condition     = aws_s3_bucket_notification.triggers[0].bucket == "opensearch-reindex-dev-123456789012" && aws_s3_bucket_notification.triggers[0].eventbridge
    error_message = "The bucket tells EventBridge."
  }

  assert {
    condition = aws_cloudwatch_event_rule.trigger_file.state == "ENABLED" && jsondecode(aws_cloudwatch_event_rule.trigger_file.event_pattern) == {
      source        = ["aws.s3"]
      "detail-type" = ["Object Created"]
      detail = {
        bucket = { name = ["opensearch-reindex-dev-123456789012"] }
        object = { key = [{ suffix = ".json" }] }
      }
    }
    error_message = "The rule fires for new *.json objects of the bucket alone."
  }
}

run "a_bucket_made_here_with_inputs" {
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
      output.bucket_arn == "arn:aws:s3:::another-bucket" && aws_s3_object.package[0].bucket == "another-bucket" &&
      jsondecode(aws_s3_bucket_policy.triggers["triggers"].policy).Statement[0].Resource == ["arn:aws:s3:::another-bucket", "arn:aws:s3:::another-bucket/*"]
    )
    error_message = "Bucket, policy, package and outputs are about the bucket named."
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
    error_message = "The bucket is encrypted with the key given, which is asked once for many objects."
  }

  assert {
    condition     = [aws_s3_bucket_logging.triggers["triggers"].target_bucket, aws_s3_bucket_logging.triggers["triggers"].target_prefix] == ["access-logs", "triggers/"]
    error_message = "Access is logged where the input says."
  }

  assert {
    condition     = length(aws_s3_bucket_notification.triggers) == 0
    error_message = "The bucket's notifications are somebody else's when the input says so."
  }

  assert {
    condition = jsondecode(aws_cloudwatch_event_rule.trigger_file.event_pattern).detail == {
      bucket = { name = ["another-bucket"] }
      object = { key = [{ wildcard = "config/reindex-*.reindex.json" }] }
    }
    error_message = "The rule fires for keys with prefix and suffix alone."
  }

  assert {
    condition     = jsondecode(aws_iam_role_policy.lambda[0].policy).Statement[0].Resource == ["arn:aws:s3:::another-bucket/config/reindex-*.reindex.json"]
    error_message = "Other keys cannot be read."
  }
}

run "a_bucket_that_exists" {
  command = plan

  module {
    source = "./modules/opensearch-reindex"
  }

  variables {
    bucket_name   = "some.teams.bucket"
    create_bucket = false
    kms_key_arn   = "arn:aws:kms:eu-central-1:123456789012:key/1"
    # As long as a prefix may be.
    trigger_file_prefix = "${format("%0511d", 0)}/"
  }

  assert {
    condition = sum([
      length(aws_s3_bucket.triggers), length(aws_s3_bucket_lifecycle_configuration.triggers), length(aws_s3_bucket_logging.triggers),
      length(aws_s3_bucket_notification.triggers), length(aws_s3_bucket_ownership_controls.triggers), length(aws_s3_bucket_policy.triggers),
      length(aws_s3_bucket_public_access_block.triggers), length(aws_s3_bucket_server_side_encryption_configuration.triggers),
      length(aws_s3_bucket_versioning.triggers),
    ]) == 0
    error_message = "Nothing of the bucket is touched."
  }

  assert {
    condition = (
      output.bucket_name == "some.teams.bucket" && output.bucket_arn == "arn:aws:s3:::some.teams.bucket" &&
      aws_s3_object.package[0].bucket == "some.teams.bucket" &&
      jsondecode(aws_cloudwatch_event_rule.trigger_file.event_pattern).detail.bucket.name == ["some.teams.bucket"] &&
      jsondecode(aws_iam_role_policy.lambda[0].policy).Statement[0].Resource == ["arn:aws:s3:::some.teams.bucket/${var.trigger_file_prefix}*.json"]
    )
    error_message = "Rule, policy, package and outputs are about the bucket that exists."
  }
}

run "a_bucket_that_exists_with_its_notifications" {
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
    error_message = "The bucket tells EventBridge."
  }

  assert {
    condition = sum([
      length(aws_s3_bucket.triggers), length(aws_s3_bucket_lifecycle_configuration.triggers), length(aws_s3_bucket_logging.triggers),
      length(aws_s3_bucket_ownership_controls.triggers), length(aws_s3_bucket_policy.triggers), length(aws_s3_bucket_public_access_block.triggers),
      length(aws_s3_bucket_server_side_encryption_configuration.triggers), length(aws_s3_bucket_versioning.triggers),
    ]) == 0
    error_message = "Nothing else of the bucket is touched."
  }
}

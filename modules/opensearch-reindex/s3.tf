# The bucket for trigger files. The module changes nothing in an existing bucket except for `manage_bucket_notification`.

locals {
  own_bucket                 = var.create_bucket ? { triggers = local.bucket_name } : {}
  manage_bucket_notification = coalesce(var.manage_bucket_notification, var.create_bucket)
}

resource "aws_s3_bucket" "triggers" {
  for_each = local.own_bucket
  #checkov:skip=CKV_AWS_18:Opt-in, see bucket_access_logging; the input of each execution records the upload
  #checkov:skip=CKV_AWS_144:Trigger files are short-lived and start executions in one region, so a copy in another region has no use
  #checkov:skip=CKV_AWS_145:Opt-in, see kms_key_arn; trigger files hold names and mappings, but no documents
  bucket        = each.value
  force_destroy = var.force_destroy
  tags          = var.tags

  lifecycle {
    # After a change of the name the new bucket takes uploads, also if S3 refuses to delete an old bucket with objects in it.
    create_before_destroy = true
  }
}

resource "aws_s3_bucket_ownership_controls" "triggers" {
  for_each = aws_s3_bucket.triggers
  bucket   = each.value.id

  rule {
    object_ownership = "BucketOwnerEnforced"
  }
}

resource "aws_s3_bucket_public_access_block" "triggers" {
  for_each = aws_s3_bucket.triggers
  bucket   = each.value.id

  block_public_acls       = true
  block_public_policy     = true
  ignore_public_acls      = true
  restrict_public_buckets = true
}

# An execution reads the object version in its event, even if a later upload has the same key.
resource "aws_s3_bucket_versioning" "triggers" {
  for_each = aws_s3_bucket.triggers
  bucket   = each.value.id

  versioning_configuration {
    status = "Enabled"
  }
}

resource "aws_s3_bucket_server_side_encryption_configuration" "triggers" {
  for_each = aws_s3_bucket.triggers
  bucket   = each.value.id

  rule {
    bucket_key_enabled = local.bucket_kms_key_arn != null

    apply_server_side_encryption_by_default {
      sse_algorithm     = local.bucket_kms_key_arn == null ? "AES256" : "aws:kms"
      kms_master_key_id = local.bucket_kms_key_arn
    }
  }
}

resource "aws_s3_bucket_lifecycle_configuration" "triggers" {
  for_each = aws_s3_bucket.triggers
  bucket   = each.value.id

  # With an age in days, S3 removes the delete marker of an expired object too.
  rule {
    id     = "expire-trigger-files"
    status = "Enabled"

    filter {}

    expiration {
      days = 30
    }

    noncurrent_version_expiration {
      noncurrent_days = 30
    }

    abort_incomplete_multipart_upload {
      days_after_initiation = 1
    }
  }

  # S3 requires versioning before a rule can expire noncurrent versions.
  depends_on = [aws_s3_bucket_versioning.triggers]
}

resource "aws_s3_bucket_policy" "triggers" {
  for_each = aws_s3_bucket.triggers
  bucket   = each.value.id
  policy = jsonencode({
    Version = "2012-10-17"
    Statement = [
      {
        Sid       = "DenyInsecureTransport"
        Effect    = "Deny"
        Principal = "*"
        Action    = "s3:*"
        Resource  = [local.bucket_arn, "${local.bucket_arn}/*"]
        Condition = { Bool = { "aws:SecureTransport" = "false" } }
      },
    ]
  })

  # S3 rejects two concurrent changes of the access to a bucket with OperationAborted.
  depends_on = [aws_s3_bucket_public_access_block.triggers]
}

resource "aws_s3_bucket_logging" "triggers" {
  for_each      = { for key, bucket in aws_s3_bucket.triggers : key => bucket if var.bucket_access_logging != null }
  bucket        = each.value.id
  target_bucket = var.bucket_access_logging.bucket
  target_prefix = var.bucket_access_logging.prefix
}

# A bucket has a single notification configuration, so this resource replaces every other notification.
resource "aws_s3_bucket_notification" "triggers" {
  count       = local.manage_bucket_notification ? 1 : 0
  bucket      = local.bucket_name
  eventbridge = true

  depends_on = [aws_s3_bucket.triggers]
}

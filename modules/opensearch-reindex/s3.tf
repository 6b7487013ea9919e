resource "aws_s3_bucket" "triggers" {
  #checkov:skip=CKV_AWS_18:Server access logs need a second bucket; every upload is on record as the input of its execution
  #checkov:skip=CKV_AWS_144:Trigger files are short-lived instructions for domains of one region, a copy elsewhere has no use
  #checkov:skip=CKV_AWS_145:Encrypted with AES256 keys of S3; trigger files hold names and mappings, no documents
  bucket = local.bucket_name
  # Trigger files expire anyway, and a versioned bucket that was ever used could not be destroyed otherwise.
  force_destroy = true
  tags          = var.tags
}

resource "aws_s3_bucket_ownership_controls" "triggers" {
  bucket = aws_s3_bucket.triggers.id

  rule {
    object_ownership = "BucketOwnerEnforced"
  }
}

resource "aws_s3_bucket_public_access_block" "triggers" {
  bucket = aws_s3_bucket.triggers.id

  block_public_acls       = true
  block_public_policy     = true
  ignore_public_acls      = true
  restrict_public_buckets = true
}

# An execution reads the version of the file its event names, whatever is uploaded under that key meanwhile.
resource "aws_s3_bucket_versioning" "triggers" {
  bucket = aws_s3_bucket.triggers.id

  versioning_configuration {
    status = "Enabled"
  }
}

resource "aws_s3_bucket_server_side_encryption_configuration" "triggers" {
  bucket = aws_s3_bucket.triggers.id

  rule {
    apply_server_side_encryption_by_default {
      sse_algorithm = "AES256"
    }
  }
}

resource "aws_s3_bucket_lifecycle_configuration" "triggers" {
  bucket = aws_s3_bucket.triggers.id

  # S3 cannot filter by suffix. Nothing but trigger files belongs here, so the rule takes every object.
  rule {
    id     = "expire-trigger-files"
    status = "Enabled"

    filter {}

    abort_incomplete_multipart_upload {
      days_after_initiation = 1
    }

    expiration {
      days = 30
    }

    noncurrent_version_expiration {
      noncurrent_days = 30
    }
  }

  # Expiration of noncurrent versions needs versioning to be on first.
  depends_on = [aws_s3_bucket_versioning.triggers]
}

resource "aws_s3_bucket_policy" "triggers" {
  bucket = aws_s3_bucket.triggers.id
  policy = jsonencode({
    Version = "2012-10-17"
    Statement = [
      {
        Sid       = "DenyWithoutTls"
        Effect    = "Deny"
        Principal = "*"
        Action    = "s3:*"
        Resource  = [local.bucket_arn, "${local.bucket_arn}/*"]
        Condition = { Bool = { "aws:SecureTransport" = "false" } }
      },
    ]
  })

  # S3 refuses two changes of a bucket's access at the same moment (OperationAborted).
  depends_on = [aws_s3_bucket_public_access_block.triggers]
}

resource "aws_s3_bucket_notification" "triggers" {
  bucket      = aws_s3_bucket.triggers.id
  eventbridge = true
}

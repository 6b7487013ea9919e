# The bucket for the package of the functions. It is not the bucket for trigger files, because who may upload a trigger file
# must not be able to change code.

locals {
  # Whether a bucket is created must be known at plan. The name of one that the caller creates in the same apply is not.
  creates_package_bucket = local.builds_package && (var.create_package_bucket == null ? var.package_bucket == null : var.create_package_bucket)
  package_bucket         = coalesce(var.package_bucket, "${local.bucket_prefix}-packages-${local.account_id}")
  package_bucket_arn     = "arn:${local.partition}:s3:::${local.package_bucket}"
}

resource "aws_s3_bucket" "packages" {
  count = local.creates_package_bucket ? 1 : 0
  #checkov:skip=CKV_AWS_18:Only the role that applies Terraform writes here; versions keep what anybody overwrites
  #checkov:skip=CKV_AWS_144:Any machine can build the package again, and the functions run in one region
  #checkov:skip=CKV_AWS_145:Opt-in, see kms_key_arn; the package holds published code
  #checkov:skip=CKV2_AWS_61:Terraform deletes a package with all its versions when the functions use the next one
  #checkov:skip=CKV2_AWS_62:Nothing reacts to a new package; the check in package.tf reports an overwritten one
  bucket        = local.package_bucket
  force_destroy = var.force_destroy
  tags          = var.tags
}

resource "aws_s3_bucket_ownership_controls" "packages" {
  count  = length(aws_s3_bucket.packages)
  bucket = aws_s3_bucket.packages[0].id

  rule {
    object_ownership = "BucketOwnerEnforced"
  }
}

resource "aws_s3_bucket_public_access_block" "packages" {
  count  = length(aws_s3_bucket.packages)
  bucket = aws_s3_bucket.packages[0].id

  block_public_acls       = true
  block_public_policy     = true
  ignore_public_acls      = true
  restrict_public_buckets = true
}

# The functions name the version that Terraform uploaded.
resource "aws_s3_bucket_versioning" "packages" {
  count  = length(aws_s3_bucket.packages)
  bucket = aws_s3_bucket.packages[0].id

  versioning_configuration {
    status = "Enabled"
  }
}

resource "aws_s3_bucket_server_side_encryption_configuration" "packages" {
  count  = length(aws_s3_bucket.packages)
  bucket = aws_s3_bucket.packages[0].id

  rule {
    bucket_key_enabled = var.kms_key_arn != null

    apply_server_side_encryption_by_default {
      sse_algorithm     = var.kms_key_arn == null ? "AES256" : "aws:kms"
      kms_master_key_id = var.kms_key_arn
    }
  }
}

resource "aws_s3_bucket_policy" "packages" {
  count  = length(aws_s3_bucket.packages)
  bucket = aws_s3_bucket.packages[0].id
  policy = jsonencode({
    Version = "2012-10-17"
    Statement = [
      {
        Sid       = "DenyInsecureTransport"
        Effect    = "Deny"
        Principal = "*"
        Action    = "s3:*"
        Resource  = [local.package_bucket_arn, "${local.package_bucket_arn}/*"]
        Condition = { Bool = { "aws:SecureTransport" = "false" } }
      },
    ]
  })

  # S3 rejects two concurrent changes of the access to a bucket with OperationAborted.
  depends_on = [aws_s3_bucket_public_access_block.packages]
}

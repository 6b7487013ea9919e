# A bucket from before the module, with other files than trigger files and a queue for events of images. The module changes
# none of this.

resource "aws_s3_bucket" "config" {
  #checkov:skip=CKV_AWS_18:Access logs are up to the owner of the bucket; ../complete has them
  #checkov:skip=CKV_AWS_144:A copy in a second region is up to the owner of the bucket
  #checkov:skip=CKV_AWS_145:Most buckets use the key of S3; see bucket_kms_key_arn for another key
  #checkov:skip=CKV2_AWS_61:The files never expire
  bucket = var.bucket_name
  tags   = { owner = "images" }
}

# Not in the module, because a bucket has a single notification configuration and thus a single resource.
resource "aws_s3_bucket_notification" "config" {
  bucket      = aws_s3_bucket.config.bucket
  eventbridge = true # required by the module

  queue {
    id            = "images"
    queue_arn     = aws_sqs_queue.images.arn
    events        = ["s3:ObjectCreated:*"]
    filter_prefix = "images/"
  }

  depends_on = [aws_sqs_queue_policy.images]
}

resource "aws_s3_bucket_versioning" "config" {
  bucket = aws_s3_bucket.config.bucket

  versioning_configuration {
    status = "Enabled"
  }
}

resource "aws_s3_bucket_server_side_encryption_configuration" "config" {
  bucket = aws_s3_bucket.config.bucket

  rule {
    apply_server_side_encryption_by_default {
      sse_algorithm = "AES256"
    }
  }
}

resource "aws_s3_bucket_public_access_block" "config" {
  bucket = aws_s3_bucket.config.bucket

  block_public_acls       = true
  block_public_policy     = true
  ignore_public_acls      = true
  restrict_public_buckets = true
}

resource "aws_s3_bucket_policy" "config" {
  bucket = aws_s3_bucket.config.bucket
  policy = jsonencode({
    Version = "2012-10-17"
    Statement = [{
      Sid       = "DenyInsecureTransport"
      Effect    = "Deny"
      Principal = "*"
      Action    = "s3:*"
      Resource  = [aws_s3_bucket.config.arn, "${aws_s3_bucket.config.arn}/*"]
      Condition = { Bool = { "aws:SecureTransport" = "false" } }
    }]
  })

  depends_on = [aws_s3_bucket_public_access_block.config]
}

resource "aws_sqs_queue" "images" {
  name                    = "${var.bucket_name}-images"
  sqs_managed_sse_enabled = true
}

resource "aws_sqs_queue_policy" "images" {
  queue_url = aws_sqs_queue.images.id
  policy = jsonencode({
    Version = "2012-10-17"
    Statement = [{
      Effect    = "Allow"
      Principal = { Service = "s3.amazonaws.com" }
      Action    = "sqs:SendMessage"
      Resource  = aws_sqs_queue.images.arn
      Condition = { ArnEquals = { "aws:SourceArn" = aws_s3_bucket.config.arn } }
    }]
  })
}

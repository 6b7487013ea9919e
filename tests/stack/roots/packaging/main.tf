# The module alone, on a bucket that exists: an apply takes seconds.

terraform {
  required_version = ">= 1.9"

  required_providers {
    aws = {
      source  = "hashicorp/aws"
      version = ">= 5.51, < 7.0"
    }
  }
}

provider "aws" {
  region = "us-east-1"
}

module "opensearch_reindex" {
  source = "../../../../modules/opensearch-reindex"

  bucket_name   = var.bucket_name
  create_bucket = false
  domain_arns   = ["arn:aws:es:us-east-1:123456789012:domain/local"]
  # The provider waits for a queue of its own for a minute.
  create_dead_letter_queue = false
  dead_letter_queue_arn    = "arn:aws:sqs:us-east-1:123456789012:packaging"
  environment              = var.environment
  lambda_architecture      = var.lambda_architecture
  lambda_memory            = var.lambda_memory
  lambda_runtime           = var.lambda_runtime
  package                  = var.package_file == null ? null : { file = var.package_file }
  package_bucket           = var.package_bucket
  project_name             = "packaging"
  tags                     = var.tags
}

variable "bucket_name" {
  description = "A bucket that exists."
  type        = string
}

variable "environment" {
  description = "Of every name."
  type        = string
  default     = "dev"
}

variable "lambda_architecture" {
  description = "Instruction set of the functions."
  type        = string
  default     = "x86_64"
}

variable "lambda_memory" {
  description = "Memory of each function, in MB."
  type        = number
  default     = 512
}

variable "lambda_runtime" {
  description = "Runtime of the functions."
  type        = string
  default     = "python3.11"
}

variable "package_bucket" {
  description = "A bucket for the package."
  type        = string
  default     = null
}

variable "package_file" {
  description = "A built package."
  type        = string
  default     = null
}

variable "tags" {
  description = "Tags of everything."
  type        = map(string)
  default     = {}
}

output "package_sha256" {
  description = "SHA-256 of the package, in Base64."
  value       = module.opensearch_reindex.package_sha256
}

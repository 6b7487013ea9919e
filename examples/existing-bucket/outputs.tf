output "bucket_name" {
  description = "Bucket to upload trigger files to, as `reindex/*.json`. Known once an upload starts an execution."
  value       = module.opensearch_reindex.bucket_name

  depends_on = [aws_s3_bucket_notification.config]
}

output "images_queue_url" {
  description = "URL of the queue that is told of images, as before."
  value       = aws_sqs_queue.images.url
}

output "state_machine_arn" {
  description = "ARN of the state machine a trigger file starts."
  value       = module.opensearch_reindex.state_machine_arn
}

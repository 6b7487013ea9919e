output "bucket_name" {
  description = "Name of the bucket."
  value       = module.opensearch_reindex.bucket_name

  depends_on = [aws_s3_bucket_notification.config]
}

output "images_queue_url" {
  description = "URL of the queue that receives the events of images, as before."
  value       = aws_sqs_queue.images.url
}

output "state_machine_arn" {
  description = "ARN of the state machine that a trigger file starts."
  value       = module.opensearch_reindex.state_machine_arn
}

"""Who makes an image. A vendor file holds its URLs, fields and error words, nothing else."""

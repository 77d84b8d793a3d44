"""Where one begins: pictures, samples, templates, recent projects."""
